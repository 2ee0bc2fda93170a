import type { ExpressionBuilder, Kysely, Selectable } from "kysely";
import type { Annotations } from "../../model/annotations.ts";
import { FnError } from "../../model/errors.ts";
import {
  parseTriggerPlace,
  type Trigger,
  type TriggerHeaders,
  type TriggerPlace,
} from "../../model/trigger.ts";
import type { Page, TriggerStore } from "../store.ts";
import { selectApp } from "./apps.ts";
import { fromJsonColumn, toJsonColumn } from "./json-column.ts";
import type { Notices } from "./notices.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";

export class SqlTriggerStore implements TriggerStore {
  readonly #transactions: Transactions;
  readonly #notices: Notices;

  constructor(transactions: Transactions, notices: Notices) {
    this.#transactions = transactions;
    this.#notices = notices;
  }

  insert(trigger: Trigger): Promise<void> {
    return this.#transactions.write(async (db) => {
      if (!(await selectApp(db, { id: trigger.appId }))) throw new FnError("app_not_found");
      if (!(await hasFn(db, trigger))) throw new FnError("fn_not_found");
      if (!(await insertTrigger(db, trigger))) throw new FnError("trigger_exists");
      await this.#notices.changed(db);
    });
  }

  get(id: string): Promise<Trigger | undefined> {
    return this.#transactions.read((db) => selectTrigger(db, id));
  }

  list(appId: string, page: Page & { readonly fnId?: string; readonly name?: string }): Promise<Trigger[]> {
    return this.#transactions.read(async (db) => {
      let query = db
        .selectFrom("triggers")
        .selectAll()
        .where("app_id", "=", appId)
        .orderBy("name")
        .orderBy("id")
        .limit(page.limit);
      if (page.after !== undefined) query = query.where(isBehind(parseTriggerPlace(page.after)));
      if (page.fnId !== undefined) query = query.where("fn_id", "=", page.fnId);
      if (page.name !== undefined) query = query.where("name", "=", page.name);
      return (await query.execute()).map(toTrigger);
    });
  }

  update(id: string, change: (trigger: Trigger) => Trigger): Promise<Trigger> {
    return this.#transactions.write(async (db) => {
      const trigger = await selectTrigger(db, id);
      if (!trigger) throw new FnError("trigger_not_found");
      const wanted = change(trigger);
      if (wanted === trigger) return trigger;
      const changed = withTriggerIdentity(trigger, wanted);
      if (!(await hasFn(db, changed))) throw new FnError("fn_not_found");
      if (await isTaken(db, changed)) throw new FnError("trigger_exists");
      await updateTrigger(db, changed);
      await this.#notices.changed(db);
      return changed;
    });
  }

  remove(id: string): Promise<void> {
    return this.#transactions.write(async (db) => {
      if (!(await deleteTrigger(db, id))) throw new FnError("trigger_not_found");
      await this.#notices.changed(db);
    });
  }
}

export const TRIGGER_COLUMNS = [
  "id",
  "app_id",
  "fn_id",
  "name",
  "type",
  "source",
  "headers",
  "annotations",
  "created_at_ms",
  "updated_at_ms",
] as const satisfies readonly (keyof Tables["triggers"])[];

/** False, and nothing stored, when another trigger of the app has that source. */
export async function insertTrigger(db: Kysely<Tables>, trigger: Trigger): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("triggers")
    .values({
      id: trigger.id,
      app_id: trigger.appId,
      type: trigger.type,
      created_at_ms: trigger.createdAtMs,
      ...triggerChanges(trigger),
    })
    .onConflict((conflict) => conflict.columns(["app_id", "type", "source"]).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows !== 0n;
}

/** Stores what an update may change of a trigger. */
export async function updateTrigger(db: Kysely<Tables>, trigger: Trigger): Promise<void> {
  await db.updateTable("triggers").set(triggerChanges(trigger)).where("id", "=", trigger.id).execute();
}

/** False when there is none. */
export async function deleteTrigger(db: Kysely<Tables>, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom("triggers").where("id", "=", id).executeTakeFirst();
  return numDeletedRows !== 0n;
}

/** The changed trigger, with what never changes as it was. */
export function withTriggerIdentity(trigger: Trigger, changed: Trigger): Trigger {
  const { id, appId, type, createdAtMs } = trigger;
  return { ...changed, id, appId, type, createdAtMs };
}

export function toTrigger(row: Selectable<Tables["triggers"]>): Trigger {
  return {
    id: row.id,
    appId: row.app_id,
    fnId: row.fn_id,
    name: row.name,
    type: row.type,
    source: row.source,
    headers: fromJsonColumn<TriggerHeaders>(row.headers),
    annotations: fromJsonColumn<Annotations>(row.annotations),
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

async function selectTrigger(db: Kysely<Tables>, id: string): Promise<Trigger | undefined> {
  const row = await db.selectFrom("triggers").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toTrigger(row);
}

async function hasFn(db: Kysely<Tables>, { appId, fnId }: Trigger): Promise<boolean> {
  const row = await db
    .selectFrom("fns")
    .select("id")
    .where("id", "=", fnId)
    .where("app_id", "=", appId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Another trigger of its app has its source. */
async function isTaken(db: Kysely<Tables>, { id, appId, type, source }: Trigger): Promise<boolean> {
  const row = await db
    .selectFrom("triggers")
    .select("id")
    .where("app_id", "=", appId)
    .where("type", "=", type)
    .where("source", "=", source)
    .where("id", "<>", id)
    .executeTakeFirst();
  return row !== undefined;
}

/** The columns that an update may change. */
function triggerChanges(trigger: Trigger) {
  return {
    fn_id: trigger.fnId,
    name: trigger.name,
    source: trigger.source,
    headers: toJsonColumn<TriggerHeaders>(trigger.headers),
    annotations: toJsonColumn<Annotations>(trigger.annotations),
    updated_at_ms: trigger.updatedAtMs,
  };
}

function isBehind({ name, id }: TriggerPlace) {
  return ({ eb, and, or }: ExpressionBuilder<Tables, "triggers">) => {
    const isOfLaterName = eb("name", ">", name);
    return id === undefined
      ? isOfLaterName
      : or([isOfLaterName, and([eb("name", "=", name), eb("id", ">", id)])]);
  };
}
