import { Kysely } from "kysely";
import type { Clock } from "../../clock/clock.ts";
import { SqlStore } from "../sql/sql-store.ts";
import type { Tables } from "../sql/tables.ts";
import type { Store } from "../store.ts";
import { type DatabaseFile, openDatabaseFile } from "./database-file.ts";
import { nodeSqliteDialect } from "./dialect.ts";
import { waitForLock } from "./lock-wait.ts";
import { migrate } from "./migrations.ts";
import { asOpenError } from "./open-error.ts";
import { SqliteTransactions } from "./transactions.ts";

/** Opens an SQLite file by its absolute path, or `IN_MEMORY`. Errors: `StoreOpenError`. */
export async function openSqliteStore(path: string, clock: Clock): Promise<Store> {
  try {
    return await openStoreOn(openDatabaseFile(path), clock);
  } catch (error) {
    throw asOpenError(path, error);
  }
}

/** Makes a store of an open database, which it closes when that fails. */
export async function openStoreOn(file: DatabaseFile, clock: Clock): Promise<Store> {
  const { database } = file;
  const kysely = new Kysely<Tables>({ dialect: nodeSqliteDialect(database) });
  try {
    await waitForLock(clock, () => kysely.transaction().execute(migrate));
    // Only now: the journal mode is a mark in the file, and a file that is not ours stays as it was.
    await waitForLock(clock, async () => database.exec("pragma journal_mode = wal"));
    // With a write-ahead log this loses nothing when the process dies, and waits for the disk only now and then.
    database.exec("pragma synchronous = normal");
  } catch (error) {
    database.close();
    throw error;
  }
  return new SqlStore(new SqliteTransactions(kysely, file, clock));
}
