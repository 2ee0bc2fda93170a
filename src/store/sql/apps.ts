import type { ExpressionBuilder, Kysely, Selectable } from "kysely";
import type { Annotations } from "../../model/annotations.ts";
import type { App, Config } from "../../model/app.ts";
import { FnError } from "../../model/errors.ts";
import type { Secrets } from "../../model/secrets.ts";
import type { AppKey, AppStore, Page } from "../store.ts";
import { removeCallsOfApp } from "./call-removal.ts";
import { fromJsonColumn, toJsonColumn } from "./json-column.ts";
import type { Notices } from "./notices.ts";
import { QUEUE_STATES } from "./queue-states.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";

export class SqlAppStore implements AppStore {
  readonly #transactions: Transactions;
  readonly #notices: Notices;

  constructor(transactions: Transactions, notices: Notices) {
    this.#transactions = transactions;
    this.#notices = notices;
  }

  insert(app: App): Promise<void> {
    return this.#transactions.write(async (db) => {
      if (!(await insertAppIfAbsent(db, app))) throw new FnError("app_exists");
      await this.#notices.changed(db);
    });
  }

  get(key: AppKey): Promise<App | undefined> {
    return this.#transactions.read((db) => selectApp(db, key));
  }

  list(page: Page & { readonly name?: string }): Promise<App[]> {
    return this.#transactions.read(async (db) => {
      let query = db.selectFrom("apps").selectAll().orderBy("name").limit(page.limit);
      if (page.after !== undefined) query = query.where("name", ">", page.after);
      if (page.name !== undefined) query = query.where("name", "=", page.name);
      return (await query.execute()).map(toApp);
    });
  }

  update(key: AppKey, change: (app: App) => App): Promise<App> {
    return this.#transactions.write(async (db) => {
      const app = await requireApp(db, key);
      const wanted = change(app);
      if (wanted === app) return app;
      const { id, name, createdAtMs } = app;
      const changed = { ...wanted, id, name, createdAtMs };
      await db.updateTable("apps").set(appChanges(changed)).where("id", "=", id).execute();
      await this.#notices.changed(db);
      return changed;
    });
  }

  async remove(key: AppKey): Promise<void> {
    const { name } = await this.#transactions.read((db) => requireApp(db, key));
    await removeCallsOfApp(this.#transactions, name);
    await this.#transactions.write(async (db) => {
      const { id, name } = await requireApp(db, key);
      await db
        .deleteFrom("idempotency_keys")
        .where("fn_id", "in", ({ selectFrom }) => selectFrom("fns").select("id").where("app_id", "=", id))
        .execute();
      await db.deleteFrom("apps").where("id", "=", id).execute();
      // By name, so that what outlived an earlier app of this name goes too.
      await db.deleteFrom("queue").where("state", "in", QUEUE_STATES).where("app_name", "=", name).execute();
      for (const table of ["answers", "logs", "calls"] as const) {
        await db.deleteFrom(table).where("app_name", "=", name).execute();
      }
      await this.#notices.changed(db);
    });
  }
}

export const APP_COLUMNS = [
  "id",
  "name",
  "config",
  "secrets",
  "annotations",
  "syslog_url",
  "shape",
  "created_at_ms",
  "updated_at_ms",
] as const satisfies readonly (keyof Tables["apps"])[];

export async function selectApp(db: Kysely<Tables>, key: AppKey): Promise<App | undefined> {
  const row = await db.selectFrom("apps").selectAll().where(appIs(key)).executeTakeFirst();
  return row && toApp(row);
}

/** False, and nothing stored, when an app of that name is there. */
export async function insertAppIfAbsent(db: Kysely<Tables>, app: App): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("apps")
    .values({ id: app.id, name: app.name, created_at_ms: app.createdAtMs, ...appChanges(app) })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows !== 0n;
}

export function toApp(row: Selectable<Tables["apps"]>): App {
  return {
    id: row.id,
    name: row.name,
    config: fromJsonColumn<Config>(row.config),
    secrets: fromJsonColumn<Secrets>(row.secrets),
    annotations: fromJsonColumn<Annotations>(row.annotations),
    syslogUrl: row.syslog_url,
    shape: row.shape || undefined,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

async function requireApp(db: Kysely<Tables>, key: AppKey): Promise<App> {
  const app = await selectApp(db, key);
  if (!app) throw new FnError("app_not_found");
  return app;
}

/** The columns that an update may change. */
function appChanges(app: App) {
  return {
    config: toJsonColumn<Config>(app.config),
    secrets: toJsonColumn<Secrets>(app.secrets),
    annotations: toJsonColumn<Annotations>(app.annotations),
    syslog_url: app.syslogUrl,
    shape: app.shape ?? ("" as const),
    updated_at_ms: app.updatedAtMs,
  };
}

function appIs(key: AppKey) {
  return ({ eb }: ExpressionBuilder<Tables, "apps">) =>
    "id" in key ? eb("id", "=", key.id) : eb("name", "=", key.name);
}
