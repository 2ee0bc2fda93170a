import type { Insertable, Kysely, Selectable } from "kysely";
import type { QueuedRequest } from "../../model/queued-call.ts";
import { fromBytesColumn } from "./bytes-column.ts";
import { fromJsonColumn, toJsonColumn } from "./json-column.ts";
import type { Tables } from "./tables.ts";

/** They go with their row of `queue`. */
export async function insertRequest(
  db: Kysely<Tables>,
  callId: string,
  request: QueuedRequest,
): Promise<void> {
  const row: Insertable<Tables["requests"]> = {
    call_id: callId,
    method: request.method,
    target: request.target,
    host: request.host,
    headers: toJsonColumn<QueuedRequest["headers"]>(request.headers),
    trigger_id: request.triggerId ?? null,
    body: request.body,
  };
  await db.insertInto("requests").values(row).execute();
}

export function toRequest(row: Omit<Selectable<Tables["requests"]>, "call_id">): QueuedRequest {
  return {
    method: row.method,
    target: row.target,
    host: row.host,
    headers: fromJsonColumn<QueuedRequest["headers"]>(row.headers),
    triggerId: row.trigger_id ?? undefined,
    body: fromBytesColumn(row.body),
  };
}
