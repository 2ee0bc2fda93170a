import { type Kysely, sql } from "kysely";
import { idStartAt } from "../../clock/ids.ts";
import { CALL_STATUSES, type Call, type CallRecord } from "../../model/call.ts";
import type { StoredAnswer } from "../../model/queued-call.ts";
import type { CallFilter, CallStore, PruneRule } from "../store.ts";
import { readAnswer } from "./answers.ts";
import { CALLS, toCall, toCallRow } from "./call-rows.ts";
import { Pruning } from "./pruning.ts";
import type { RowTable } from "./rows.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";

/** How far apart the time in a call's id and the time of its creation may be, for it to be found by that. */
const ID_SLACK_MS = 500;

const LOGS: RowTable = {
  name: "logs",
  key: ["app_name", "call_id"],
  columns: { app_name: "text", call_id: "text", log: "text" },
};

export class SqlCallStore implements CallStore {
  readonly #transactions: Transactions;
  readonly #pruning: Pruning;

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
    this.#pruning = new Pruning(transactions);
  }

  async insert(records: readonly CallRecord[]): Promise<void> {
    if (records.length === 0) return;
    const callRows = records.map(({ call }) => toCallRow(call));
    const logRows = records
      .filter(({ log }) => log !== "")
      .map(({ call, log }) => ({ app_name: call.appName, call_id: call.id, log }));
    await this.#transactions.writeBeside(async (db) => {
      await this.#transactions.insertRows(db, CALLS, callRows);
      await this.#transactions.insertRows(db, LOGS, logRows);
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

  answer(appName: string, callId: string): Promise<StoredAnswer | undefined> {
    return this.#transactions.read(async (db) =>
      readAnswer(db, { appName, callId }, await this.#transactions.nowMs(db)),
    );
  }

  list(appName: string, filter: CallFilter): Promise<Call[]> {
    return this.#transactions.read(async (db) => {
      const rows = await pageOf(db, appName, filter).execute();
      return rows.map(toCall);
    });
  }

  prune(rule: PruneRule): Promise<number> {
    return this.#pruning.prune(rule);
  }
}

/**
 * Each kind of page is one walk along an index from its end, which stops when the page is full: however many calls there
 * are, no more are read. A page of one path and any status is put together from those of each status.
 */
function pageOf(db: Kysely<Tables>, appName: string, filter: CallFilter) {
  const { path, status, isDead, limit } = filter;
  if (path === undefined || status !== undefined || isDead) return walk(db, appName, filter);
  const walks = CALL_STATUSES.map((each) => walk(db, appName, { ...filter, status: each }));
  const pages = walks.map((page) => db.selectFrom(page.as("page")).selectAll());
  const all = pages.reduce((some, page) => some.unionAll(page));
  return db.selectFrom(all.as("calls")).selectAll().orderBy("id", "desc").limit(limit);
}

function walk(db: Kysely<Tables>, appName: string, filter: CallFilter) {
  const { path, status, isDead, after, createdAfterMs, createdBeforeMs } = filter;
  let query = db
    .selectFrom("calls")
    .selectAll()
    .where("app_name", "=", appName)
    .orderBy("id", "desc")
    .limit(filter.limit);
  if (after !== undefined) query = query.where("id", "<", after);
  if (path !== undefined) query = query.where("path", "=", path);
  if (status !== undefined) query = query.where("status", "=", status);
  // As it stands with the index: SQLite takes that only for what is known before the values are.
  if (isDead) query = query.where("is_dead", "=", sql.lit(1));
  if (createdAfterMs !== undefined) {
    query = query
      .where("id", ">=", idStartAt(createdAfterMs - ID_SLACK_MS))
      .where("created_at_ms", ">", createdAfterMs);
  }
  if (createdBeforeMs !== undefined) {
    query = query
      .where("id", "<", idStartAt(createdBeforeMs + ID_SLACK_MS))
      .where("created_at_ms", "<", createdBeforeMs);
  }
  return query;
}
