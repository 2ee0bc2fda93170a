/** Runs in a thread of its own: stores the batches of calls that `ThreadedCallStore` sends, one after another. */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../clock/clock.ts";
import type { CallRecord } from "../../model/call.ts";
import { SqlCallStore } from "../sql/calls.ts";
import { commitWithoutSync, connectionOf } from "./connection.ts";
import { openDatabaseFile } from "./database-file.ts";
import { reasonOf } from "./failures.ts";
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
    // What SQLite said is the cause of what the store says.
    return { number, failure: reasonOf(error instanceof Error ? (error.cause ?? error) : error) };
  }
}
