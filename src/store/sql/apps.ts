import type { Kysely, Selectable } from "kysely";
import type { App, Config } from "../../model/app.ts";
import { FnError } from "../../model/errors.ts";
import type { AppStore, Page } from "../store.ts";
import { countChange } from "./changes.ts";
import { fromJsonColumn, toJsonColumn } from "./json-column.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";

export class SqlAppStore implements AppStore {
  readonly #transactions: Transactions;

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  insert(app: App): Promise<void> {
    return this.#transactions.write(async (db) => {
      if (!(await insertAppIfAbsent(db, app))) throw new FnError("app_exists");
      await countChange(db);
    });
  }

  get(name: string): Promise<App | undefined> {
    return this.#transactions.read((db) => selectApp(db, name));
  }

  list(page: Page): Promise<App[]> {
    return this.#transactions.read(async (db) => {
      let query = db.selectFrom("apps").selectAll().orderBy("name").limit(page.limit);
      if (page.after !== undefined) query = query.where("name", ">", page.after);
      return (await query.execute()).map(toApp);
    });
  }

  update(name: string, change: (app: App) => App): Promise<App> {
    return this.#transactions.write(async (db) => {
      const app = await selectApp(db, name);
      if (!app) throw new FnError("app_not_found");
      const changed = change(app);
      if (changed === app) return app;
      const { config, updatedAtMs } = changed;
      await db
        .updateTable("apps")
        .set({ config: toJsonColumn<Config>(config), updated_at_ms: updatedAtMs })
        .where("id", "=", app.id)
        .execute();
      await countChange(db);
      return { ...app, config, updatedAtMs };
    });
  }

  remove(name: string): Promise<void> {
    return this.#transactions.write(async (db) => {
      const { numDeletedRows } = await db.deleteFrom("apps").where("name", "=", name).executeTakeFirst();
      if (numDeletedRows === 0n) throw new FnError("app_not_found");
      // By name, so that calls which outlived an earlier app of this name go too.
      await db.deleteFrom("calls").where("app_name", "=", name).execute();
      await db.deleteFrom("logs").where("app_name", "=", name).execute();
      await countChange(db);
    });
  }
}

export async function selectApp(db: Kysely<Tables>, name: string): Promise<App | undefined> {
  const row = await db.selectFrom("apps").selectAll().where("name", "=", name).executeTakeFirst();
  return row && toApp(row);
}

/** False, and nothing stored, when an app of that name is there. */
export async function insertAppIfAbsent(db: Kysely<Tables>, app: App): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("apps")
    .values({
      id: app.id,
      name: app.name,
      config: toJsonColumn<Config>(app.config),
      created_at_ms: app.createdAtMs,
      updated_at_ms: app.updatedAtMs,
    })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows !== 0n;
}

export function toApp(row: Selectable<Tables["apps"]>): App {
  return {
    id: row.id,
    name: row.name,
    config: fromJsonColumn<Config>(row.config),
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
