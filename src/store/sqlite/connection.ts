import { Kysely } from "kysely";
import type { Tables } from "../sql/tables.ts";
import type { DatabaseFile } from "./database-file.ts";
import { nodeSqliteDialect } from "./dialect.ts";

/** A connection to an open file, whose tables may not be there yet. */
export function connectionOf({ database }: DatabaseFile): Kysely<Tables> {
  // With a write-ahead log this loses nothing when the process dies, and waits for the disk only now and then.
  database.exec("pragma synchronous = normal");
  return new Kysely<Tables>({ dialect: nodeSqliteDialect(database) });
}
