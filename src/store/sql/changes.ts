import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** To be called in every transaction that changes an app, a fn, a trigger or a token. */
export async function countChange(db: Kysely<Tables>): Promise<void> {
  await db
    .updateTable("changes")
    .set(({ eb }) => ({ count: eb("count", "+", 1) }))
    .execute();
}

export async function readChangeCount(db: Kysely<Tables>): Promise<number> {
  const { count } = await db.selectFrom("changes").select("count").executeTakeFirstOrThrow();
  return count;
}
