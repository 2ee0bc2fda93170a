import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";

/** Calls in one transaction: it takes some tens of milliseconds. */
const BATCH_MAX = 2_000;

/**
 * Removes the calls of an app that have ended, with logs and answers, in small transactions: an app can have millions, and
 * removing them all at once would hold up everybody for as long.
 */
export async function removeEndedCalls(transactions: Transactions, appName: string): Promise<void> {
  for (let removed = BATCH_MAX; removed === BATCH_MAX; ) {
    removed = await transactions.writeBeside(async (db) => {
      const ended = db
        .selectFrom("calls")
        .select("id")
        .where("app_name", "=", appName)
        .where("completed_at_ms", "is not", null)
        .orderBy("id")
        .limit(BATCH_MAX);
      const rows = await transactions.lock(ended, "skip").execute();
      await removeCalls(
        db,
        appName,
        rows.map(({ id }) => id),
      );
      return rows.length;
    });
  }
}

/** Removes calls of an app with all that belongs to them, apart from the queue. */
export async function removeCalls(
  db: Kysely<Tables>,
  appName: string,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await db.deleteFrom("calls").where("app_name", "=", appName).where("id", "in", ids).execute();
  for (const table of ["logs", "answers"] as const) {
    await db.deleteFrom(table).where("app_name", "=", appName).where("call_id", "in", ids).execute();
  }
}
