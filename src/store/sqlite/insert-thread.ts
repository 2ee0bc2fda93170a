/** Runs in a thread of its own: stores the batches of calls that `ThreadedCallStore` sends, one after another. */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../clock/clock.ts";
import type { CallRecord } from "../../model/call.ts";
import { SqlCallStore } from "../sql/calls.ts";
import { commitWithoutSync, connectionOf } from "./connection.ts";
import { openDatabaseFile } from "./database-file.ts";
import { SqliteTransactions } from "./transactions.ts";

/** What the thread is told, and answers with the same number. */
export interface InsertRequest {
  readonly number: number;
  readonly records: readonly CallRecord[];
}

export interface InsertAnswer {
  readonly number: number;
  /** Why the batch is not stored; absent when it is. */
  readonly failure?: string;
}

// The main thread has opened this file before, and made its tables.
const file = openDatabaseFile(String(workerData));
await commitWithoutSync(file, systemClock);
const calls = new SqlCallStore(new SqliteTransactions(connectionOf(file), file, systemClock));

parentPort?.on("message", async ({ number, records }: InsertRequest) => {
  parentPort?.postMessage(await insert(number, records));
});

async function insert(number: number, records: readonly CallRecord[]): Promise<InsertAnswer> {
  try {
    await calls.insert(records);
    return { number };
  } catch (error) {
    return { number, failure: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
