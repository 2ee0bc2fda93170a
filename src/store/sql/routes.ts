import type { Kysely } from "kysely";
import type { App, Config } from "../../model/app.ts";
import { FnError } from "../../model/errors.ts";
import type { Fn } from "../../model/fn.ts";
import type { Route } from "../../model/route.ts";
import type { Trigger, TriggerHeaders } from "../../model/trigger.ts";
import type { Page, RouteInApp, RouteStore } from "../store.ts";
import { insertAppIfAbsent, selectApp, toApp } from "./apps.ts";
import { countChange } from "./changes.ts";
import { fromJsonColumn, toJsonColumn } from "./json-column.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";

/** Routes, kept as a fn and the trigger that leads to it. */
export class SqlRouteStore implements RouteStore {
  readonly #transactions: Transactions;

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  insert(app: App, route: Route): Promise<Route> {
    return this.#transactions.write(async (db) => {
      await insertAppIfAbsent(db, app);
      const { id: appId } = (await selectApp(db, app.name)) ?? app;
      const stored = { fn: { ...route.fn, appId }, trigger: { ...route.trigger, appId } };
      if (!(await insertFn(db, stored.fn)) || !(await insertTrigger(db, stored.trigger))) {
        throw new FnError("route_exists");
      }
      await countChange(db);
      return stored;
    });
  }

  get(appName: string, path: string): Promise<RouteInApp | undefined> {
    return this.#transactions.read(async (db) => {
      const row = await selectRoutes(db, appName)
        .select(["apps.id", "apps.name", "apps.config", "apps.created_at_ms", "apps.updated_at_ms"])
        .where("triggers.source", "=", path)
        .executeTakeFirst();
      return row && { ...toRoute(row), app: toApp(row) };
    });
  }

  list(appName: string, page: Page & { readonly image?: string }): Promise<Route[]> {
    return this.#transactions.read(async (db) => {
      let query = selectRoutes(db, appName).orderBy("triggers.source").limit(page.limit);
      if (page.after !== undefined) query = query.where("triggers.source", ">", page.after);
      if (page.image !== undefined) query = query.where("fns.image", "=", page.image);
      return (await query.execute()).map(toRoute);
    });
  }

  update(appName: string, path: string, change: (route: Route) => Route): Promise<Route> {
    return this.#transactions.write(async (db) => {
      const route = await selectRoute(db, appName, path);
      const wanted = change(route);
      if (wanted === route) return route;
      const changed = withIdentityOf(route, wanted);
      await updateFn(db, changed.fn);
      await updateTrigger(db, changed.trigger);
      await countChange(db);
      return changed;
    });
  }

  remove(appName: string, path: string): Promise<void> {
    return this.#transactions.write(async (db) => {
      const { fn, trigger } = await selectRoute(db, appName, path);
      await db.deleteFrom("triggers").where("id", "=", trigger.id).execute();
      await db
        .deleteFrom("fns")
        .where("id", "=", fn.id)
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom("triggers").select("id").where("fn_id", "=", fn.id))),
        )
        .execute();
      await countChange(db);
    });
  }
}

type RouteRow = Awaited<ReturnType<ReturnType<typeof selectRoutes>["execute"]>>[number];

function selectRoutes(db: Kysely<Tables>, appName: string) {
  return db
    .selectFrom("triggers")
    .innerJoin("apps", "apps.id", "triggers.app_id")
    .innerJoin("fns", "fns.id", "triggers.fn_id")
    .where("apps.name", "=", appName)
    .where("triggers.type", "=", "http")
    .select([
      "triggers.id as trigger_id",
      "triggers.app_id",
      "triggers.name as trigger_name",
      "triggers.type as trigger_type",
      "triggers.source",
      "triggers.headers",
      "triggers.created_at_ms as trigger_created_at_ms",
      "triggers.updated_at_ms as trigger_updated_at_ms",
      "fns.id as fn_id",
      "fns.name as fn_name",
      "fns.image",
      "fns.format",
      "fns.type as fn_type",
      "fns.memory_mib",
      "fns.cpus_milli",
      "fns.timeout_s",
      "fns.idle_timeout_s",
      "fns.config as fn_config",
      "fns.created_at_ms as fn_created_at_ms",
      "fns.updated_at_ms as fn_updated_at_ms",
    ]);
}

async function selectRoute(db: Kysely<Tables>, appName: string, path: string): Promise<Route> {
  const row = await selectRoutes(db, appName).where("triggers.source", "=", path).executeTakeFirst();
  if (!row) throw new FnError("route_not_found");
  return toRoute(row);
}

/** False, and nothing stored, when the app has a fn of that name. */
async function insertFn(db: Kysely<Tables>, fn: Fn): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("fns")
    .values({
      id: fn.id,
      app_id: fn.appId,
      name: fn.name,
      created_at_ms: fn.createdAtMs,
      ...fnChanges(fn),
    })
    .onConflict((conflict) => conflict.columns(["app_id", "name"]).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows !== 0n;
}

/** False, and nothing stored, when another trigger of the app has that source. */
async function insertTrigger(db: Kysely<Tables>, trigger: Trigger): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("triggers")
    .values({
      id: trigger.id,
      app_id: trigger.appId,
      fn_id: trigger.fnId,
      name: trigger.name,
      type: trigger.type,
      source: trigger.source,
      created_at_ms: trigger.createdAtMs,
      ...triggerChanges(trigger),
    })
    .onConflict((conflict) => conflict.columns(["app_id", "type", "source"]).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows !== 0n;
}

async function updateFn(db: Kysely<Tables>, fn: Fn): Promise<void> {
  await db.updateTable("fns").set(fnChanges(fn)).where("id", "=", fn.id).execute();
}

async function updateTrigger(db: Kysely<Tables>, trigger: Trigger): Promise<void> {
  await db.updateTable("triggers").set(triggerChanges(trigger)).where("id", "=", trigger.id).execute();
}

/** The columns that an update may change. */
function fnChanges(fn: Fn) {
  return {
    image: fn.image,
    format: fn.format,
    type: fn.type,
    memory_mib: fn.memoryMib,
    cpus_milli: fn.cpusMilli,
    timeout_s: fn.timeoutS,
    idle_timeout_s: fn.idleTimeoutS,
    config: toJsonColumn<Config>(fn.config),
    updated_at_ms: fn.updatedAtMs,
  };
}

/** The columns that an update may change. */
function triggerChanges(trigger: Trigger) {
  return {
    headers: toJsonColumn<TriggerHeaders>(trigger.headers),
    updated_at_ms: trigger.updatedAtMs,
  };
}

/** The changed route, with what never changes as it was. */
function withIdentityOf(route: Route, changed: Route): Route {
  const { id, appId, name, createdAtMs } = route.fn;
  const { headers, updatedAtMs } = changed.trigger;
  return {
    fn: { ...changed.fn, id, appId, name, createdAtMs },
    trigger: { ...route.trigger, headers, updatedAtMs },
  };
}

function toRoute(row: RouteRow): Route {
  return {
    fn: {
      id: row.fn_id,
      appId: row.app_id,
      name: row.fn_name,
      image: row.image,
      format: row.format,
      type: row.fn_type,
      memoryMib: row.memory_mib,
      cpusMilli: row.cpus_milli,
      timeoutS: row.timeout_s,
      idleTimeoutS: row.idle_timeout_s,
      config: fromJsonColumn<Config>(row.fn_config),
      createdAtMs: row.fn_created_at_ms,
      updatedAtMs: row.fn_updated_at_ms,
    },
    trigger: {
      id: row.trigger_id,
      appId: row.app_id,
      fnId: row.fn_id,
      name: row.trigger_name,
      type: row.trigger_type,
      source: row.source,
      headers: fromJsonColumn<TriggerHeaders>(row.headers),
      createdAtMs: row.trigger_created_at_ms,
      updatedAtMs: row.trigger_updated_at_ms,
    },
  };
}
