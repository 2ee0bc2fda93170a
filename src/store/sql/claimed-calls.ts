import type { Kysely } from "kysely";
import type { ClaimedCall } from "../store.ts";
import { CALL_COLUMNS, toCall } from "./call-rows.ts";
import { toRequest } from "./requests.ts";
import type { Tables } from "./tables.ts";

/** Bodies in one query, unless one is larger: as much as a slow network takes within the time of a statement. */
const LOAD_BYTES_MAX = 16 * 1024 * 1024;

/** What those who run claimed calls need of them, in the order of the ids. */
export async function readClaimed(db: Kysely<Tables>, ids: readonly string[]): Promise<ClaimedCall[]> {
  const claimed: ClaimedCall[] = [];
  for (const load of await loadsOf(db, ids)) claimed.push(...(await readLoad(db, load)));
  return claimed;
}

/** The ids in parts, each of which is one query. */
async function loadsOf(db: Kysely<Tables>, ids: readonly string[]): Promise<string[][]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom("requests")
    .select(({ fn }) => ["call_id", fn<number>("octet_length", ["body"]).as("bytes")])
    .where("call_id", "in", ids)
    .execute();
  const bytesById = new Map(rows.map(({ call_id, bytes }) => [call_id, bytes]));
  const loads: string[][] = [];
  let leftBytes = 0;
  for (const id of ids) {
    const bytes = bytesById.get(id) ?? 0;
    if (loads.length === 0 || bytes > leftBytes) {
      loads.push([]);
      leftBytes = LOAD_BYTES_MAX;
    }
    loads.at(-1)?.push(id);
    leftBytes -= bytes;
  }
  return loads;
}

async function readLoad(db: Kysely<Tables>, ids: readonly string[]): Promise<ClaimedCall[]> {
  const rows = await db
    .selectFrom("queue")
    .innerJoin("requests", "requests.call_id", "queue.call_id")
    .innerJoin("calls", (join) =>
      join.onRef("calls.app_name", "=", "queue.app_name").onRef("calls.id", "=", "queue.call_id"),
    )
    .select(CALL_COLUMNS.map((column) => `calls.${column}` as const))
    .select(["method", "target", "host", "headers", "trigger_id", "body"])
    .select(["priority", "due_at_ms", "refusals"])
    .where("queue.call_id", "in", ids)
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => {
    const row = byId.get(id);
    if (!row) return [];
    const call = toCall(row);
    return [
      {
        call,
        request: toRequest(row),
        priority: row.priority,
        dueAtMs: row.due_at_ms,
        attempts: call.attempts ?? 0,
        refusals: row.refusals,
      },
    ];
  });
}
