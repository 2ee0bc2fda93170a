/** The tables of calls, filled by the database itself: ten million rows sent to it would take an hour. */
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { idStartAt } from "../src/clock/ids.ts";

/** The first call, and how many there are for each millisecond after it: a node at 5,000 calls a second. */
export const BEGIN_MS = Date.parse("2026-01-01T00:00:00Z");
export const CALLS_PER_MS = 5;

/** Nine calls of ten are of this app, the others of nine small ones. */
export const LARGE_APP = "large";
export const SMALL_APP = "small-1";

/** One call of so many. */
const RARE = 1_000_003;
export const RARE_PATH = "/rare";

/** Rows in one statement: long enough that it costs nothing, short enough to be told of. */
const BATCH = 250_000;

/** A connection that runs statements as they stand. */
interface Connection {
  readonly kind: "sqlite" | "postgres";
  run(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

export function openSqlite(path: string): Connection {
  const database = new DatabaseSync(path);
  database.exec("pragma synchronous = off; pragma cache_size = -200000");
  return {
    kind: "sqlite",
    run: async (statement) => database.prepare(statement).all(),
    close: async () => database.close(),
  };
}

export async function openPostgres(url: string): Promise<Connection> {
  const client = new pg.Client(url);
  await client.connect();
  return {
    kind: "postgres",
    run: async (statement) => (await client.query(statement)).rows,
    close: () => client.end(),
  };
}

/** Stores so many calls. The indexes are made anew afterwards, which is far quicker than keeping them meanwhile. */
export async function fill(db: Connection, count: number, say: (line: string) => void): Promise<void> {
  const { indexes, before, after } = STEPS[db.kind];
  const definitions = await db.run(indexes);
  await db.run(before);
  for (const { name } of definitions) await db.run(`drop index ${name}`);
  for (let from = 0; from < count; from += BATCH) {
    await db.run(insertOf(db.kind, from, Math.min(count, from + BATCH)));
    if ((from + BATCH) % 2_000_000 === 0) say(`${db.kind}: ${from + BATCH} calls`);
  }
  for (const { definition } of definitions) await db.run(String(definition));
  await db.run(after);
}

/** The id of the nth call. */
export function idOf(nth: number): string {
  return idStartAt(createdAtMs(nth)) + String(nth).padStart(16, "0");
}

export function createdAtMs(nth: number): number {
  return BEGIN_MS + Math.floor(nth / CALLS_PER_MS);
}

/** The indexes of `calls` but its key, and what keeps the numbers right that queries are planned by. */
const STEPS = {
  sqlite: {
    indexes: `select name, sql as definition from sqlite_master
      where tbl_name = 'calls' and type = 'index' and sql is not null`,
    // An index takes its numbers along when it is dropped.
    before: "create temp table numbers as select * from sqlite_stat1 where tbl = 'calls' and idx <> 'calls'",
    after: "insert into sqlite_stat1 select * from numbers",
  },
  postgres: {
    indexes: `select indexname as name, indexdef as definition from pg_indexes
      where tablename = 'calls' and indexname <> 'calls_pkey'`,
    before: "set maintenance_work_mem = '512MB'",
    // A server does this by itself in the background.
    after: "analyze calls",
  },
} as const;

/** Most calls go well; one path fails every time, and some statuses are rare. */
function insertOf(kind: Connection["kind"], from: number, to: number): string {
  const numbers =
    kind === "sqlite"
      ? `(with recursive n (i) as (select ${from} union all select i + 1 from n where i < ${to - 1}) select i from n)`
      : `generate_series(${from}::bigint, ${to - 1}::bigint) as n (i)`;
  const serial = kind === "sqlite" ? "printf('%016d', i)" : "lpad(i::text, 16, '0')";
  const at = `(${BEGIN_MS} + i / ${CALLS_PER_MS})`;
  return `insert into calls (id, app_id, app_name, fn_id, path, status, error, created_at_ms, started_at_ms,
      completed_at_ms, timeline, attempts, is_dead)
    select ${idStartIn(at)} || ${serial}, '01J0000000000000000000000A',
      case when i % 10 = 0 then 'small-' || ((i / 10) % 9) else '${LARGE_APP}' end,
      '01J0000000000000000000000F',
      case when i % ${RARE} = 5 then '${RARE_PATH}' else '/p' || (i % 50) end,
      case when i % ${RARE} = 11 then 'cancelled' when i % 10 = 3 or i % 1000 = 7 then 'error'
        when i % 50 = 1 then 'timeout' else 'success' end,
      case when i % 10 = 3 or i % 1000 = 7 then 'it failed' end,
      ${at}, ${at} + 1, ${at} + 20, '{"queue":1.25,"run":10.5}',
      null, case when i % 1000 = 7 then 1 else 0 end
    from ${numbers}`;
}

/** `idStartAt` as an expression: ten digits of five bits. */
function idStartIn(at: string): string {
  const digits = Array.from(
    { length: 10 },
    (_, place) =>
      `substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', cast((${at} >> ${45 - 5 * place}) & 31 as integer) + 1, 1)`,
  );
  return digits.join(" || ");
}
