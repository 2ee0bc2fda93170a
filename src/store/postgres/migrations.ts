import { type Kysely, sql } from "kysely";
import type { Tables } from "../sql/tables.ts";
import { StoreOpenError } from "../store.ts";

/** The lock of those who make or change tables, among the server's advisory locks: "tables" in ASCII. */
const MIGRATION_LOCK = 0x7461626c6573;

/**
 * Brings the tables to what this version expects. `db` is a transaction: of several processes that open an empty
 * database at once one makes the tables while the others wait, and one that dies on the way leaves none.
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(db);
  const done = await readDone(db);
  if (done.some((name) => !Object.hasOwn(MIGRATIONS, name))) {
    throw new StoreOpenError(
      "it is of a newer version of this program; use that one, or name another database",
    );
  }
  for (const [name, statements] of Object.entries(MIGRATIONS)) {
    if (done.includes(name)) continue;
    for (const statement of statements) await sql.raw(statement).execute(db);
    await sql`insert into hotfn_migrations (name) values (${name})`.execute(db);
  }
}

async function readDone(db: Kysely<Tables>): Promise<string[]> {
  // Even "create if not exists" needs the right to create, which a user of tables that are there may not have.
  const found = await sql<{ is_there: boolean }>`
    select to_regclass('hotfn_migrations') is not null as is_there`.execute(db);
  if (!found.rows[0]?.is_there) await sql`create table hotfn_migrations (name text primary key)`.execute(db);
  const { rows } = await sql<{ name: string }>`select name from hotfn_migrations`.execute(db);
  return rows.map(({ name }) => name);
}

/** Text of names, paths and ids: it compares byte by byte, as in SQLite, whatever the language of the database is. */
const KEY = `text collate "C"`;

/** Statements by the name of their step, in order. One that has been released never changes; what is new comes as another. */
const MIGRATIONS: Readonly<Record<string, readonly string[]>> = {
  "001-tables": [
    `create table apps (
      id ${KEY} primary key,
      name ${KEY} not null unique,
      config text not null,
      secrets text not null,
      annotations text not null,
      syslog_url text not null,
      shape text not null,
      created_at_ms bigint not null,
      updated_at_ms bigint not null
    )`,

    `create table fns (
      id ${KEY} primary key,
      app_id ${KEY} not null references apps on delete cascade,
      name ${KEY} not null,
      image text not null,
      format text not null,
      type text not null,
      memory_mib integer not null,
      cpus_milli integer not null,
      timeout_s integer not null,
      idle_timeout_s integer not null,
      config text not null,
      secrets text not null,
      annotations text not null,
      shape text not null,
      retries integer not null,
      retry_delay_s integer not null,
      created_at_ms bigint not null,
      updated_at_ms bigint not null,
      unique (app_id, name)
    )`,

    `create table triggers (
      id ${KEY} primary key,
      app_id ${KEY} not null references apps on delete cascade,
      fn_id ${KEY} not null references fns on delete cascade,
      name ${KEY} not null,
      type ${KEY} not null,
      source ${KEY} not null,
      headers text not null,
      annotations text not null,
      created_at_ms bigint not null,
      updated_at_ms bigint not null,
      unique (app_id, type, source)
    )`,
    "create index triggers_by_fn on triggers (fn_id)",

    `create table calls (
      id ${KEY} not null,
      app_id text not null,
      app_name ${KEY} not null,
      fn_id ${KEY} not null,
      path ${KEY} not null,
      status ${KEY} not null,
      error text,
      created_at_ms bigint not null,
      started_at_ms bigint,
      completed_at_ms bigint,
      timeline text not null,
      attempts integer,
      is_dead integer not null,
      primary key (app_name, id)
    )`,
    // A page of one path is put together from those of its statuses.
    "create index calls_by_path on calls (app_name, path, status, id)",
    "create index calls_by_status on calls (app_name, status, id)",
    "create index dead_calls on calls (app_name, id) where is_dead = 1",

    `create table logs (
      app_name ${KEY} not null,
      call_id ${KEY} not null,
      log text not null,
      primary key (app_name, call_id)
    )`,

    `create table answers (
      app_name ${KEY} not null,
      call_id ${KEY} not null,
      status integer not null,
      headers text not null,
      body bytea not null,
      body_bytes bigint not null,
      expires_at_ms bigint not null,
      primary key (app_name, call_id)
    )`,
    "create index answers_by_expiry on answers (expires_at_ms)",

    `create table queue (
      call_id ${KEY} primary key,
      app_name ${KEY} not null,
      fn_id ${KEY} not null,
      state ${KEY} not null,
      priority integer not null,
      due_at_ms bigint not null,
      holder ${KEY} not null,
      lease_ends_at_ms bigint,
      refusals integer not null
    )`,
    "create index queue_in_order on queue (state, app_name, priority, due_at_ms, call_id)",
    "create index queue_by_due on queue (state, due_at_ms)",
    "create index queue_by_lease on queue (lease_ends_at_ms) where lease_ends_at_ms is not null",

    `create table requests (
      call_id ${KEY} primary key references queue on delete cascade,
      method text not null,
      target text not null,
      host text not null,
      headers text not null,
      trigger_id text,
      body bytea not null
    )`,

    `create table idempotency_keys (
      fn_id ${KEY} not null,
      key ${KEY} not null,
      call_id text not null,
      expires_at_ms bigint not null,
      primary key (fn_id, key)
    )`,
    "create index idempotency_keys_by_expiry on idempotency_keys (expires_at_ms)",

    `create table tokens (
      id ${KEY} primary key,
      name text not null,
      hash ${KEY} not null unique,
      scopes text not null,
      created_at_ms bigint not null,
      expires_at_ms bigint
    )`,

    `create table nodes (
      name ${KEY} primary key,
      weight double precision not null,
      is_draining integer not null,
      says_draining integer not null,
      expires_at_ms bigint
    )`,

    "create table changes (count bigint not null)",
    "insert into changes (count) values (0)",
  ],
};
