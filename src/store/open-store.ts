import { resolve } from "node:path";
import { type Clock, systemClock } from "../clock/clock.ts";
import { IN_MEMORY } from "./sqlite/database-file.ts";
import { openSqliteStore } from "./sqlite/sqlite-store.ts";
import { type Store, StoreOpenError } from "./store.ts";

/**
 * Opens the store that a URL names, and makes or updates its tables. The scheme is cut off and the rest is the file,
 * as it stands: `sqlite3:///abs/path/fn.db`, `sqlite3://relative/to/the/working/directory.db`, or
 * `sqlite3://:memory:` for a store that ends with the process. Folders on the way to the file are made.
 * Errors: `StoreOpenError`.
 */
export async function openStore(url: string, clock: Clock = systemClock): Promise<Store> {
  const [, scheme, name] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s.exec(url) ?? [];
  // A URL may hold a password, so no sentence shows more of it than the scheme.
  if (scheme === undefined || name === undefined) {
    throw new StoreOpenError("db url is not type://name: use sqlite3:///path/to/fn.db");
  }
  if (scheme !== "sqlite3") {
    throw new StoreOpenError(`db type not supported ${scheme}: use sqlite3:///path/to/fn.db`);
  }
  if (name === "") throw new StoreOpenError("db url names no file: use sqlite3:///path/to/fn.db");
  return openSqliteStore(name === IN_MEMORY ? IN_MEMORY : resolve(name), clock, { storesCallsApart: true });
}
