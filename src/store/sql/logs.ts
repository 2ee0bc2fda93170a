import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** What the rows of a call's log and answer are found by. */
export interface CallKey {
  readonly appName: string;
  readonly callId: string;
}

/** The log of a call's last attempt, in place of an earlier one's. */
export async function replaceLog(
  db: Kysely<Tables>,
  { appName, callId }: CallKey,
  log: string,
): Promise<void> {
  await db
    .insertInto("logs")
    .values({ app_name: appName, call_id: callId, log })
    .onConflict((conflict) => conflict.columns(["app_name", "call_id"]).doUpdateSet({ log }))
    .execute();
}

export async function deleteLog(db: Kysely<Tables>, { appName, callId }: CallKey): Promise<void> {
  await db.deleteFrom("logs").where("app_name", "=", appName).where("call_id", "=", callId).execute();
}
