import { resolve } from "node:path";
import type { CancelSignal } from "../clock/cancel.ts";
import { type Clock, systemClock } from "../clock/clock.ts";
import { type Random, systemRandom } from "../clock/random.ts";
import { openPostgresStore } from "./postgres/postgres-store.ts";
import { IN_MEMORY } from "./sqlite/database-file.ts";
import { openSqliteStore } from "./sqlite/sqlite-store.ts";
import { type Store, StoreOpenError } from "./store.ts";

const USE = "use sqlite3:///path/to/fn.db or postgres://user:password@host:5432/database";

/**
 * Opens the store that a URL names, and makes or updates its tables.
 *
 * - `sqlite3://`: the rest is a file, as it stands: `sqlite3:///abs/path/fn.db`, `sqlite3://relative/to/the/working/directory.db`,
 *   or `sqlite3://:memory:` for a store that ends with the process. Folders on the way to the file are made.
 * - `postgres://` or `postgresql://`: `postgres://user:password@host:port/database?sslmode=…`. A server that does not answer
 *   is tried again for ten seconds.
 *
 * Errors: `StoreOpenError`, and the reason of `signal` when that is aborted first.
 */
export async function openStore(
  url: string,
  clock: Clock = systemClock,
  { random = systemRandom, signal }: { readonly random?: Random; readonly signal?: CancelSignal } = {},
): Promise<Store> {
  const [, scheme, name] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s.exec(url) ?? [];
  // A URL may hold a password, so no sentence shows more of it than the scheme.
  if (scheme === undefined || name === undefined)
    throw new StoreOpenError(`db url is not type://name: ${USE}`);
  switch (scheme) {
    case "sqlite3":
      if (name === "") throw new StoreOpenError(`db url names no file: ${USE}`);
      return openSqliteStore(name === IN_MEMORY ? IN_MEMORY : resolve(name), clock, {
        storesCallsApart: true,
      });
    case "postgres":
    case "postgresql":
      return openPostgresStore(url, { clock, random, signal, storesCallsApart: true });
    default:
      throw new StoreOpenError(`db type not supported ${scheme}: ${USE}`);
  }
}
