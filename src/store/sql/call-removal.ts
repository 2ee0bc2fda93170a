import type { Kysely } from "kysely";
import { QUEUE_STATES } from "./queue-states.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";

/** Calls in one transaction: it takes some tens of milliseconds. */
const BATCH_MAX = 2_000;

/**
 * Removes the calls of an app that wait or have ended, with all that belongs to them, in small transactions: an app can have
 * millions, and removing them all at once would hold up everybody for as long, or not come to its end in time.
 */
export async function removeCallsOfApp(transactions: Transactions, appName: string): Promise<void> {
  await inBatches(transactions, async (db) => {
    const queued = db
      .selectFrom("queue")
      .select("call_id as id")
      .where("state", "in", QUEUE_STATES)
      .where("app_name", "=", appName)
      .limit(BATCH_MAX);
    const ids = idsOf(await transactions.lock(queued, "skip").execute());
    if (ids.length > 0) await db.deleteFrom("queue").where("call_id", "in", ids).execute();
    await removeCalls(db, appName, ids);
    return ids.length;
  });
  await inBatches(transactions, async (db) => {
    const ended = db
      .selectFrom("calls")
      .select("id")
      .where("app_name", "=", appName)
      .where("completed_at_ms", "is not", null)
      .orderBy("id")
      .limit(BATCH_MAX);
    const ids = idsOf(await transactions.lock(ended, "skip").execute());
    await removeCalls(db, appName, ids);
    return ids.length;
  });
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

/** Until a batch, which says how many calls it removed, is not full any more. */
async function inBatches(
  transactions: Transactions,
  removeSome: (db: Kysely<Tables>) => Promise<number>,
): Promise<void> {
  for (let removed = BATCH_MAX; removed === BATCH_MAX; ) removed = await transactions.writeBeside(removeSome);
}

function idsOf(rows: readonly { readonly id: string }[]): string[] {
  return rows.map(({ id }) => id);
}
