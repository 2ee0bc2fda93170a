import type { Kysely } from "kysely";
import type { StoredAnswer } from "../../model/queued-call.ts";
import { fromBytesColumn } from "./bytes-column.ts";
import { fromJsonColumn, toJsonColumn } from "./json-column.ts";
import type { CallKey } from "./logs.ts";
import type { Tables } from "./tables.ts";

export async function insertAnswer(
  db: Kysely<Tables>,
  { appName, callId }: CallKey,
  answer: StoredAnswer,
  expiresAtMs: number,
): Promise<void> {
  await db
    .insertInto("answers")
    .values({
      app_name: appName,
      call_id: callId,
      status: answer.status,
      headers: toJsonColumn<StoredAnswer["headers"]>(answer.headers),
      body: answer.body,
      body_bytes: answer.bodyBytes,
      expires_at_ms: expiresAtMs,
    })
    .execute();
}

export async function deleteAnswer(db: Kysely<Tables>, { appName, callId }: CallKey): Promise<void> {
  await db.deleteFrom("answers").where("app_name", "=", appName).where("call_id", "=", callId).execute();
}

/** One that has expired is gone, even while its row is there. */
export async function readAnswer(
  db: Kysely<Tables>,
  { appName, callId }: CallKey,
  nowMs: number,
): Promise<StoredAnswer | undefined> {
  const row = await db
    .selectFrom("answers")
    .select(["status", "headers", "body", "body_bytes"])
    .where("app_name", "=", appName)
    .where("call_id", "=", callId)
    .where("expires_at_ms", ">", nowMs)
    .executeTakeFirst();
  return (
    row && {
      status: row.status,
      headers: fromJsonColumn<StoredAnswer["headers"]>(row.headers),
      body: fromBytesColumn(row.body),
      bodyBytes: row.body_bytes,
    }
  );
}
