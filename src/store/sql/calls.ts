import type { Selectable } from "kysely";
import type { Call, CallRecord, Timeline } from "../../model/call.ts";
import type { CallFilter, CallStore } from "../store.ts";
import { RowInserter } from "./insert-rows.ts";
import { fromJsonColumn, toJsonColumn } from "./json-column.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";

export class SqlCallStore implements CallStore {
  readonly #transactions: Transactions;
  readonly #callRows = new RowInserter("calls", ["app_name", "id"], CALL_COLUMNS);
  readonly #logRows = new RowInserter("logs", ["app_name", "call_id"], ["app_name", "call_id", "log"]);

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  async insert(records: readonly CallRecord[]): Promise<void> {
    if (records.length === 0) return;
    const callRows = records.map(({ call }) => toRow(call));
    const logRows = records
      .filter(({ log }) => log !== "")
      .map(({ call, log }) => ({ app_name: call.appName, call_id: call.id, log }));
    await this.#transactions.write(async (db) => {
      await this.#callRows.insert(db, callRows);
      await this.#logRows.insert(db, logRows);
    });
  }

  get(appName: string, callId: string): Promise<Call | undefined> {
    return this.#transactions.read(async (db) => {
      const row = await db
        .selectFrom("calls")
        .selectAll()
        .where("id", "=", callId)
        .where("app_name", "=", appName)
        .executeTakeFirst();
      return row && toCall(row);
    });
  }

  log(appName: string, callId: string): Promise<string | undefined> {
    return this.#transactions.read(async (db) => {
      const row = await db
        .selectFrom("calls")
        .leftJoin("logs", (join) =>
          join.onRef("logs.app_name", "=", "calls.app_name").onRef("logs.call_id", "=", "calls.id"),
        )
        .select("logs.log")
        .where("calls.app_name", "=", appName)
        .where("calls.id", "=", callId)
        .executeTakeFirst();
      return row && (row.log ?? "");
    });
  }

  list(appName: string, filter: CallFilter): Promise<Call[]> {
    return this.#transactions.read(async (db) => {
      let query = db
        .selectFrom("calls")
        .selectAll()
        .where("app_name", "=", appName)
        .orderBy("id", "desc")
        .limit(filter.limit);
      if (filter.after !== undefined) query = query.where("id", "<", filter.after);
      if (filter.path !== undefined) query = query.where("path", "=", filter.path);
      if (filter.createdAfterMs !== undefined) {
        query = query.where("created_at_ms", ">", filter.createdAfterMs);
      }
      if (filter.createdBeforeMs !== undefined) {
        query = query.where("created_at_ms", "<", filter.createdBeforeMs);
      }
      return (await query.execute()).map(toCall);
    });
  }
}

const CALL_COLUMNS = [
  "id",
  "app_id",
  "app_name",
  "fn_id",
  "path",
  "status",
  "error",
  "created_at_ms",
  "started_at_ms",
  "completed_at_ms",
  "timeline",
] as const satisfies readonly (keyof Tables["calls"])[];

function toRow(call: Call): Record<(typeof CALL_COLUMNS)[number], string | number | null> {
  return {
    id: call.id,
    app_id: call.appId,
    app_name: call.appName,
    fn_id: call.fnId,
    path: call.path,
    status: call.status,
    error: call.error ?? null,
    created_at_ms: call.createdAtMs,
    started_at_ms: call.startedAtMs ?? null,
    completed_at_ms: call.completedAtMs,
    timeline: toJsonColumn<Timeline>(call.timeline),
  };
}

function toCall(row: Selectable<Tables["calls"]>): Call {
  return {
    id: row.id,
    appId: row.app_id,
    appName: row.app_name,
    fnId: row.fn_id,
    path: row.path,
    status: row.status,
    error: row.error ?? undefined,
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms ?? undefined,
    completedAtMs: row.completed_at_ms,
    timeline: fromJsonColumn<Timeline>(row.timeline),
  };
}
