import type { Selectable } from "kysely";
import type { Call, Timeline } from "../../model/call.ts";
import { fromJsonColumn, toJsonColumn } from "./json-column.ts";
import type { ColumnType, RowTable } from "./rows.ts";
import type { Tables } from "./tables.ts";

type CallRow = Selectable<Tables["calls"]>;

export const CALLS = {
  name: "calls",
  key: ["app_name", "id"],
  columns: {
    id: "text",
    app_id: "text",
    app_name: "text",
    fn_id: "text",
    path: "text",
    status: "text",
    error: "text",
    created_at_ms: "bigint",
    started_at_ms: "bigint",
    completed_at_ms: "bigint",
    timeline: "text",
    attempts: "integer",
    is_dead: "integer",
  } satisfies Record<keyof CallRow, ColumnType>,
} as const satisfies RowTable;

/** Every column. To `Object.keys` the names are mere texts. */
export const CALL_COLUMNS = Object.keys(CALLS.columns) as (keyof typeof CALLS.columns)[];

/** Every column of `calls`, none more. */
export function toCallRow(call: Call): { [Column in (typeof CALL_COLUMNS)[number]]: CallRow[Column] } {
  return {
    id: call.id,
    app_id: call.appId,
    app_name: call.appName,
    fn_id: call.fnId,
    path: call.path,
    status: call.status,
    error: call.error ?? null,
    created_at_ms: call.createdAtMs,
    started_at_ms: call.startedAtMs ?? null,
    completed_at_ms: call.completedAtMs ?? null,
    timeline: toJsonColumn<Timeline>(call.timeline),
    attempts: call.attempts ?? null,
    is_dead: Number(call.isDead ?? false),
  };
}

/** A call that somebody waits for has neither `attempts` nor `isDead`. */
export function toCall(row: CallRow): Call {
  return {
    id: row.id,
    appId: row.app_id,
    appName: row.app_name,
    fnId: row.fn_id,
    path: row.path,
    status: row.status,
    error: row.error ?? undefined,
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms ?? undefined,
    completedAtMs: row.completed_at_ms ?? undefined,
    timeline: fromJsonColumn<Timeline>(row.timeline),
    ...(row.attempts !== null && { attempts: row.attempts, isDead: row.is_dead === 1 }),
  };
}
