import { mkdirSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** SQLite's own name for a database that ends with its connection. */
export const IN_MEMORY = ":memory:";

/** An open database, and where it is. */
export interface DatabaseFile {
  readonly database: DatabaseSync;
  /** Absolute, or `IN_MEMORY`. */
  readonly path: string;
  /**
   * False once another file, or none, stands at the path. SQLite itself would go on with the one that it opened,
   * and everything stored from then on would be lost at the end of the process.
   */
  isInPlace(): boolean;
}

/** Opens the file, and makes it and the folders on the way to it if they are not there. */
export function openDatabaseFile(path: string): DatabaseFile {
  if (path !== IN_MEMORY) mkdirSync(dirname(path), { recursive: true });
  // No waiting inside SQLite: `waitForLock` does it.
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 0 });
  if (path === IN_MEMORY) return { database, path, isInPlace: () => true };
  const opened = fileAt(path);
  return {
    database,
    path,
    isInPlace() {
      const found = fileAt(path);
      return found !== undefined && found.ino === opened?.ino && found.dev === opened.dev;
    },
  };
}

function fileAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A folder on the way may no longer be entered; the file is out of reach as well.
    return undefined;
  }
}
