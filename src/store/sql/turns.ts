import { type Kysely, sql } from "kysely";
import { PRIORITIES, type Priority } from "../../model/queued-call.ts";
import type { Tables } from "./tables.ts";

/** An app whose turn it is. */
export interface Turn {
  readonly appName: string;
  /** Of its calls that are due; the highest first. */
  readonly priorities: readonly Priority[];
}

/**
 * The apps that have calls to be claimed, as they follow each other by name after `after`, and then from the first name to
 * `after` itself; at most `limit`. Costs some steps in the index for each app that has calls waiting, however many those are.
 */
export async function appsInTurn(
  db: Kysely<Tables>,
  { after, limit, nowMs }: { readonly after: string; readonly limit: number; readonly nowMs: number },
): Promise<Turn[]> {
  const turns = await turnsOf(db, { after, limit, nowMs });
  if (turns.length === limit) return turns;
  const others = await turnsOf(db, { after: "", upTo: after, limit: limit - turns.length, nowMs });
  return [...turns, ...others];
}

interface Span {
  readonly after: string;
  readonly upTo?: string;
  readonly limit: number;
  readonly nowMs: number;
}

const DESCENDING = PRIORITIES.toReversed();

/** Each name is looked up after the one before, and the database stops when there are enough. */
async function turnsOf(db: Kysely<Tables>, { after, upTo, limit, nowMs }: Span): Promise<Turn[]> {
  const waiting = sql`state = 'waiting' and ${upTo === undefined ? sql`true` : sql`app_name <= ${upTo}`}`;
  // A database may answer "exists" for all apps at once, by reading every call that is due; the least it looks up.
  const firstDue = DESCENDING.map(
    (priority) => sql`(
      select min(due_at_ms) from queue
      where state = 'waiting' and queue.app_name = turns.app_name and priority = ${sql.lit(priority)}
    ) as ${sql.ref(`due_${priority}`)}`,
  );
  const { rows } = await sql<{ app_name: string } & Record<`due_${Priority}`, number | null>>`
    with recursive turns (app_name) as (
      select min(app_name) from queue where ${waiting} and app_name > ${after}
      union all
      select (select min(app_name) from queue where ${waiting} and app_name > turns.app_name)
      from turns where turns.app_name is not null
    )
    select * from (select app_name, ${sql.join(firstDue)} from turns where app_name is not null) as apps
    where due_2 <= ${nowMs} or due_1 <= ${nowMs} or due_0 <= ${nowMs}
    limit ${limit}`.execute(db);
  return rows.map((row) => ({
    appName: row.app_name,
    priorities: DESCENDING.filter(
      (priority) => (row[`due_${priority}`] ?? Number.POSITIVE_INFINITY) <= nowMs,
    ),
  }));
}
