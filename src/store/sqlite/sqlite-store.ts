import type { Clock } from "../../clock/clock.ts";
import { InsertThread } from "../insert-thread/insert-thread.ts";
import { SqlStore } from "../sql/sql-store.ts";
import type { Store } from "../store.ts";
import { commitWithoutSync, connectionOf } from "./connection.ts";
import { type DatabaseFile, IN_MEMORY, openDatabaseFile } from "./database-file.ts";
import { waitForLock } from "./lock-wait.ts";
import { migrate } from "./migrations.ts";
import { SqliteNotices } from "./notices.ts";
import { asOpenError } from "./open-error.ts";
import { SqliteTransactions } from "./transactions.ts";

/**
 * Opens an SQLite file by its absolute path, or `IN_MEMORY`. `storesCallsApart` leaves storing calls to a thread of
 * its own; a store in memory cannot be shared with one. Errors: `StoreOpenError`.
 */
export async function openSqliteStore(
  path: string,
  clock: Clock,
  options: { readonly storesCallsApart?: boolean } = {},
): Promise<Store> {
  try {
    return await openStoreOn(openDatabaseFile(path), clock, options);
  } catch (error) {
    throw asOpenError(path, error);
  }
}

/** Makes a store of an open database, which it closes when that fails. */
export async function openStoreOn(
  file: DatabaseFile,
  clock: Clock,
  { storesCallsApart = false } = {},
): Promise<Store> {
  const { database, path } = file;
  const kysely = connectionOf(file);
  try {
    await waitForLock(clock, () => kysely.transaction().execute(migrate));
    // Only now: the journal mode is a mark in the file, and a file that is not ours stays as it was.
    await waitForLock(clock, async () => database.exec("pragma journal_mode = wal"));
    await commitWithoutSync(file, clock);
  } catch (error) {
    database.close();
    throw error;
  }
  const transactions = new SqliteTransactions(kysely, file, clock);
  const inserts =
    storesCallsApart && path !== IN_MEMORY ? new InsertThread({ kind: "sqlite", path }) : undefined;
  return new SqlStore(transactions, new SqliteNotices(transactions, clock), inserts);
}
