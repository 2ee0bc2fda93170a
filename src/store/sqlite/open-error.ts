import { reasonOf } from "../sql/failures.ts";
import { StoreOpenError } from "../store.ts";
import { resultCode, SQLITE } from "./failures.ts";
import { LOCK_WAIT_MAX_MS } from "./lock-wait.ts";

/** Says in one sentence which database cannot be opened, what is wrong, and what to do. */
export function asOpenError(path: string, cause: unknown): StoreOpenError {
  return new StoreOpenError(`cannot open the database ${path}: ${explain(cause)}`, { cause });
}

function explain(error: unknown): string {
  if (isSystemError(error)) return `its folder cannot be made (${error.code}); name a file elsewhere`;
  switch (resultCode(error)) {
    case SQLITE.NOTADB:
      return "it is not an SQLite file; name another one, or move this one away";
    case SQLITE.CORRUPT:
      return "it is damaged; put a copy in its place, or move it away to start with an empty one";
    case SQLITE.PERM:
    case SQLITE.READONLY:
    case SQLITE.CANTOPEN:
      return "it cannot be written; name a file where this user may write, or change who may";
    case SQLITE.BUSY:
      return `another process has kept it locked for ${LOCK_WAIT_MAX_MS / 1000} s; end that one, or try again`;
    case SQLITE.FULL:
      return "the disk is full; make room, or name a file on another disk";
    case SQLITE.IOERR:
      return "the disk fails to read or write it; see the system's log";
    default:
      return `${reasonOf(error)}; it may belong to another program, or a newer version of this one: name another file`;
  }
}

/** Of the operating system: a folder on the way that may not be made, or is a file. */
function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}
