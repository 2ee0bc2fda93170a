import type { Kysely, Selectable } from "kysely";
import type { Annotations } from "../../model/annotations.ts";
import type { Config } from "../../model/app.ts";
import { FnError } from "../../model/errors.ts";
import type { Fn } from "../../model/fn.ts";
import type { Secrets } from "../../model/secrets.ts";
import type { FnInApp, FnStore, Page } from "../store.ts";
import { APP_COLUMNS, selectApp, toApp } from "./apps.ts";
import { joinedColumns, rowOf } from "./joined-rows.ts";
import { fromJsonColumn, toJsonColumn } from "./json-column.ts";
import type { Notices } from "./notices.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";

export class SqlFnStore implements FnStore {
  readonly #transactions: Transactions;
  readonly #notices: Notices;

  constructor(transactions: Transactions, notices: Notices) {
    this.#transactions = transactions;
    this.#notices = notices;
  }

  insert(fn: Fn): Promise<void> {
    return this.#transactions.write(async (db) => {
      if (!(await selectApp(db, { id: fn.appId }))) throw new FnError("app_not_found");
      if (!(await insertFn(db, fn))) throw new FnError("fn_exists");
      await this.#notices.changed(db);
    });
  }

  get(id: string): Promise<FnInApp | undefined> {
    return this.#transactions.read(async (db) => {
      const row = await db
        .selectFrom("fns")
        .innerJoin("apps", "apps.id", "fns.app_id")
        .select([...joinedColumns("fns", FN_COLUMNS), ...joinedColumns("apps", APP_COLUMNS)])
        .where("fns.id", "=", id)
        .executeTakeFirst();
      return row && { app: toApp(rowOf("apps", row)), fn: toFn(rowOf("fns", row)) };
    });
  }

  list(appId: string, page: Page & { readonly name?: string }): Promise<Fn[]> {
    return this.#transactions.read(async (db) => {
      let query = db
        .selectFrom("fns")
        .selectAll()
        .where("app_id", "=", appId)
        .orderBy("name")
        .limit(page.limit);
      if (page.after !== undefined) query = query.where("name", ">", page.after);
      if (page.name !== undefined) query = query.where("name", "=", page.name);
      return (await query.execute()).map(toFn);
    });
  }

  update(id: string, change: (fn: Fn) => Fn): Promise<Fn> {
    return this.#transactions.write(async (db) => {
      const row = await db.selectFrom("fns").selectAll().where("id", "=", id).executeTakeFirst();
      if (!row) throw new FnError("fn_not_found");
      const fn = toFn(row);
      const wanted = change(fn);
      if (wanted === fn) return fn;
      const changed = withFnIdentity(fn, wanted);
      await updateFn(db, changed);
      await this.#notices.changed(db);
      return changed;
    });
  }

  remove(id: string): Promise<void> {
    return this.#transactions.write(async (db) => {
      const { numDeletedRows } = await db.deleteFrom("fns").where("id", "=", id).executeTakeFirst();
      if (numDeletedRows === 0n) throw new FnError("fn_not_found");
      await this.#notices.changed(db);
    });
  }
}

export const FN_COLUMNS = [
  "id",
  "app_id",
  "name",
  "image",
  "format",
  "type",
  "memory_mib",
  "cpus_milli",
  "timeout_s",
  "idle_timeout_s",
  "config",
  "secrets",
  "annotations",
  "shape",
  "retries",
  "retry_delay_s",
  "created_at_ms",
  "updated_at_ms",
] as const satisfies readonly (keyof Tables["fns"])[];

/** False, and nothing stored, when the app has a fn of that name. */
export async function insertFn(db: Kysely<Tables>, fn: Fn): Promise<boolean> {
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

/** Stores what an update may change of a fn. */
export async function updateFn(db: Kysely<Tables>, fn: Fn): Promise<void> {
  await db.updateTable("fns").set(fnChanges(fn)).where("id", "=", fn.id).execute();
}

/** The changed fn, with what never changes as it was. */
export function withFnIdentity({ id, appId, name, createdAtMs }: Fn, changed: Fn): Fn {
  return { ...changed, id, appId, name, createdAtMs };
}

export function toFn(row: Selectable<Tables["fns"]>): Fn {
  return {
    id: row.id,
    appId: row.app_id,
    name: row.name,
    image: row.image,
    format: row.format,
    type: row.type,
    memoryMib: row.memory_mib,
    cpusMilli: row.cpus_milli,
    timeoutS: row.timeout_s,
    idleTimeoutS: row.idle_timeout_s,
    config: fromJsonColumn<Config>(row.config),
    secrets: fromJsonColumn<Secrets>(row.secrets),
    retries: row.retries,
    retryDelayS: row.retry_delay_s,
    annotations: fromJsonColumn<Annotations>(row.annotations),
    shape: row.shape || undefined,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
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
    secrets: toJsonColumn<Secrets>(fn.secrets),
    annotations: toJsonColumn<Annotations>(fn.annotations),
    shape: fn.shape ?? ("" as const),
    retries: fn.retries,
    retry_delay_s: fn.retryDelayS,
    updated_at_ms: fn.updatedAtMs,
  };
}
