import type { Clock } from "../../clock/clock.ts";
import { SqlStore } from "../sql/sql-store.ts";
import type { Store } from "../store.ts";
import { commitWithoutSync, connectionOf } from "./connection.ts";
import { type DatabaseFile, IN_MEMORY, openDatabaseFile } from "./database-file.ts";
import { waitForLock } from "./lock-wait.ts";
import { migrate } from "./migrations.ts";
import { asOpenError } from "./open-error.ts";
import { ThreadedCallStore } from "./threaded-calls.ts";
import { SqliteTransactions } from "./transactions.ts";

/**
 * Opens an SQLite file by its absolute path, or `IN_MEMORY`. `storesCallsApart` leaves storing calls to a thread of
 * its own; a store in memory cannot be shared with one. Errors: `StoreOpenError`.
 */
export async function openSqliteStore(
  path: string,
  clock: Clock,
  { storesCallsApart = false } = {},
): Promise<Store> {
  try {
    const store = await openStoreOn(openDatabaseFile(path), clock);
    return storesCallsApart && path !== IN_MEMORY ? withCallsApart(store, path) : store;
  } catch (error) {
    throw asOpenError(path, error);
  }
}

/** Makes a store of an open database, which it closes when that fails. */
export async function openStoreOn(file: DatabaseFile, clock: Clock): Promise<Store> {
  const { database } = file;
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
  // Whoever shares the file is on this machine, and has its time.
  return new SqlStore(new SqliteTransactions(kysely, file, clock), () => clock.nowMs());
}

function withCallsApart(store: Store, path: string): Store {
  const calls = new ThreadedCallStore(path, store.calls);
  return {
    apps: store.apps,
    routes: store.routes,
    calls,
    nodes: store.nodes,
    changeCount: () => store.changeCount(),
    async close() {
      await calls.close();
      await store.close();
    },
  };
}
