import { Kysely } from "kysely";
import type { Clock } from "../../clock/clock.ts";
import type { Tables } from "../sql/tables.ts";
import type { DatabaseFile } from "./database-file.ts";
import { nodeSqliteDialect } from "./dialect.ts";
import { waitForLock } from "./lock-wait.ts";

/** A connection to an open file, whose tables may not be there yet. */
export function connectionOf({ database }: DatabaseFile): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: nodeSqliteDialect(database) });
}

/**
 * Commits without waiting for the disk each time: with a write-ahead log this loses nothing when the process dies. Even
 * this may find the file locked, while another process opens it for the first time.
 */
export async function commitWithoutSync({ database }: DatabaseFile, clock: Clock): Promise<void> {
  await waitForLock(clock, async () => database.exec("pragma synchronous = normal"));
}
