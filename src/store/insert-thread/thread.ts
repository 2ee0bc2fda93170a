/** Runs in a thread of its own: stores the batches of calls that `InsertThread` sends. */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../clock/clock.ts";
import { systemRandom } from "../../clock/random.ts";
import type { CallRecord } from "../../model/call.ts";
import { PostgresTransactions } from "../postgres/transactions.ts";
import { SqlCallStore } from "../sql/calls.ts";
import { reasonOf } from "../sql/failures.ts";
import type { Transactions } from "../sql/transactions.ts";
import { commitWithoutSync, connectionOf } from "../sqlite/connection.ts";
import { openDatabaseFile } from "../sqlite/database-file.ts";
import { SqliteTransactions } from "../sqlite/transactions.ts";
import type { InsertAnswer, InsertRequest, InsertTarget } from "./messages.ts";

const calls = new SqlCallStore(await open(workerData));

parentPort?.on("message", async ({ number, records }: InsertRequest) => {
  parentPort?.postMessage(await insert(number, records));
});

async function open(target: InsertTarget): Promise<Transactions> {
  if (target.kind === "postgres") {
    // One connection stores more calls than a node makes.
    return new PostgresTransactions(target.settings, systemClock, systemRandom, 1);
  }
  const file = openDatabaseFile(target.path);
  await commitWithoutSync(file, systemClock);
  return new SqliteTransactions(connectionOf(file), file, systemClock);
}

async function insert(number: number, records: readonly CallRecord[]): Promise<InsertAnswer> {
  try {
    await calls.insert(records);
    return { number };
  } catch (error) {
    // What the database said is the cause of what the store says.
    return { number, failure: reasonOf(error instanceof Error ? (error.cause ?? error) : error) };
  }
}
