import type { Kysely } from "kysely";
import type { App } from "../../model/app.ts";
import { FnError } from "../../model/errors.ts";
import type { Fn } from "../../model/fn.ts";
import type { Route } from "../../model/route.ts";
import type { Page, RouteInApp, RouteStore } from "../store.ts";
import { APP_COLUMNS, insertAppIfAbsent, selectApp, toApp } from "./apps.ts";
import { FN_COLUMNS, insertFn, toFn, updateFn, withFnIdentity } from "./fns.ts";
import { type Joined, joinedColumns, rowOf } from "./joined-rows.ts";
import type { Notices } from "./notices.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";
import {
  deleteTrigger,
  insertTrigger,
  TRIGGER_COLUMNS,
  toTrigger,
  updateTrigger,
  withTriggerIdentity,
} from "./triggers.ts";

/** Routes, kept as a fn and the trigger that leads to it. */
export class SqlRouteStore implements RouteStore {
  readonly #transactions: Transactions;
  readonly #notices: Notices;

  constructor(transactions: Transactions, notices: Notices) {
    this.#transactions = transactions;
    this.#notices = notices;
  }

  insert(app: App, route: Route): Promise<Route> {
    return this.#transactions.write(async (db) => {
      await insertAppIfAbsent(db, app);
      const { id: appId } = (await selectApp(db, { name: app.name })) ?? app;
      if (await selectRoute(db, app.name, route.trigger.source)) throw new FnError("route_exists");
      const fn = await insertOrAdoptFn(db, { ...route.fn, appId });
      const trigger = { ...route.trigger, appId, fnId: fn.id };
      await insertTrigger(db, trigger);
      await this.#notices.changed(db);
      return { fn, trigger };
    });
  }

  get(appName: string, path: string): Promise<RouteInApp | undefined> {
    return this.#transactions.read(async (db) => {
      const row = await selectRoutes(db, appName)
        .select(joinedColumns("apps", APP_COLUMNS))
        .where("triggers.source", "=", path)
        .executeTakeFirst();
      return row && { ...toRoute(row), app: toApp(rowOf("apps", row)) };
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
      const route = await requireRoute(db, appName, path);
      const wanted = change(route);
      if (wanted === route) return route;
      const changed = withIdentityOf(route, wanted);
      await updateFn(db, changed.fn);
      await updateTrigger(db, changed.trigger);
      await this.#notices.changed(db);
      return changed;
    });
  }

  remove(appName: string, path: string): Promise<void> {
    return this.#transactions.write(async (db) => {
      const { fn, trigger } = await requireRoute(db, appName, path);
      await deleteTrigger(db, trigger.id);
      if (!(await hasTrigger(db, fn.id))) await db.deleteFrom("fns").where("id", "=", fn.id).execute();
      await this.#notices.changed(db);
    });
  }
}

/** Stores the fn of a new route, or makes one that is there and that no trigger leads to the route's. */
async function insertOrAdoptFn(db: Kysely<Tables>, fn: Fn): Promise<Fn> {
  if (await insertFn(db, fn)) return fn;
  const row = await db
    .selectFrom("fns")
    .selectAll()
    .where("app_id", "=", fn.appId)
    .where("name", "=", fn.name)
    .executeTakeFirstOrThrow();
  if (await hasTrigger(db, row.id)) throw new FnError("fn_exists");
  const found = toFn(row);
  // A route has neither annotations nor a shape, so a new one is no reason to lose them.
  const adopted = withFnIdentity(found, { ...fn, annotations: found.annotations, shape: found.shape });
  await updateFn(db, adopted);
  return adopted;
}

async function hasTrigger(db: Kysely<Tables>, fnId: string): Promise<boolean> {
  const row = await db.selectFrom("triggers").select("id").where("fn_id", "=", fnId).executeTakeFirst();
  return row !== undefined;
}

function selectRoutes(db: Kysely<Tables>, appName: string) {
  return db
    .selectFrom("triggers")
    .innerJoin("apps", "apps.id", "triggers.app_id")
    .innerJoin("fns", "fns.id", "triggers.fn_id")
    .where("apps.name", "=", appName)
    .where("triggers.type", "=", "http")
    .select([...joinedColumns("fns", FN_COLUMNS), ...joinedColumns("triggers", TRIGGER_COLUMNS)]);
}

async function selectRoute(db: Kysely<Tables>, appName: string, path: string): Promise<Route | undefined> {
  const row = await selectRoutes(db, appName).where("triggers.source", "=", path).executeTakeFirst();
  return row && toRoute(row);
}

async function requireRoute(db: Kysely<Tables>, appName: string, path: string): Promise<Route> {
  const route = await selectRoute(db, appName, path);
  if (!route) throw new FnError("route_not_found");
  return route;
}

/** The changed route, with what never changes as it was: the path is its name in this view. */
function withIdentityOf({ fn, trigger }: Route, changed: Route): Route {
  const { fnId, name, source } = trigger;
  return {
    fn: withFnIdentity(fn, changed.fn),
    trigger: { ...withTriggerIdentity(trigger, changed.trigger), fnId, name, source },
  };
}

function toRoute(row: Joined<"fns"> & Joined<"triggers">): Route {
  return { fn: toFn(rowOf("fns", row)), trigger: toTrigger(rowOf("triggers", row)) };
}
