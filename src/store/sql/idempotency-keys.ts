import type { Kysely } from "kysely";
import type { IdempotencyKey } from "../store.ts";
import type { Tables } from "./tables.ts";

/**
 * Takes a key of a fn for a call, unless it is taken. Resolves with the id of the call that has it. Of several
 * transactions that want one key at once the first to write gets it; the others wait for the end of that one here.
 */
export async function takeKey(
  db: Kysely<Tables>,
  { key, keepMs }: IdempotencyKey,
  call: { readonly id: string; readonly fnId: string },
  nowMs: number,
): Promise<string> {
  const row = { fn_id: call.fnId, key, call_id: call.id, expires_at_ms: nowMs + keepMs };
  await db
    .insertInto("idempotency_keys")
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(["fn_id", "key"])
        .doUpdateSet({ call_id: row.call_id, expires_at_ms: row.expires_at_ms })
        .where("idempotency_keys.expires_at_ms", "<=", nowMs),
    )
    .execute();
  const { call_id } = await db
    .selectFrom("idempotency_keys")
    .select("call_id")
    .where("fn_id", "=", call.fnId)
    .where("key", "=", key)
    .executeTakeFirstOrThrow();
  return call_id;
}
