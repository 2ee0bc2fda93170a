import { FnError } from "../../model/errors.ts";

/** Result codes of SQLite that say how the database is, not what is wrong with a statement: sqlite.org/rescode.html. */
export const SQLITE = {
  PERM: 3,
  BUSY: 5,
  LOCKED: 6,
  NOMEM: 7,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  PROTOCOL: 15,
  NOTADB: 26,
} as const;

const CODES_OF_THE_DATABASE: ReadonlySet<number | undefined> = new Set(Object.values(SQLITE));

/** The primary result code of an error of SQLite; undefined for other errors. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  // The low byte is the primary code; what is above it tells kinds of the same failure apart.
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

/** Another connection holds a lock that this one needs. */
export function isLocked(error: unknown): boolean {
  return resultCode(error) === SQLITE.BUSY;
}

/** `store_unavailable` when the database itself failed; any other error as it is. */
export function asStoreError(error: unknown): unknown {
  if (!CODES_OF_THE_DATABASE.has(resultCode(error))) return error;
  return new FnError("store_unavailable", {}, { cause: error });
}
