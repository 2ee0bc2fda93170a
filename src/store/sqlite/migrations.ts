import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Tables } from "../sql/tables.ts";

/**
 * Brings the tables to what this version expects. `db` is a transaction that holds the write lock: of several
 * processes that open a new file at once one makes the tables, and a process that dies on the way leaves none.
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** In the order of their names. One that has been released never changes; what is new comes as another. */
const MIGRATIONS: Record<string, Migration> = {
  "001-apps-routes-calls": steps(
    `create table apps (
      id text primary key,
      name text not null unique,
      config text not null,
      created_at_ms integer not null,
      updated_at_ms integer not null
    ) strict`,

    `create table fns (
      id text primary key,
      app_id text not null references apps on delete cascade,
      name text not null,
      image text not null,
      format text not null,
      type text not null,
      memory_mib integer not null,
      cpus_milli integer not null,
      timeout_s integer not null,
      idle_timeout_s integer not null,
      config text not null,
      created_at_ms integer not null,
      updated_at_ms integer not null,
      unique (app_id, name)
    ) strict`,

    `create table triggers (
      id text primary key,
      app_id text not null references apps on delete cascade,
      fn_id text not null references fns on delete cascade,
      name text not null,
      type text not null,
      source text not null,
      headers text not null,
      created_at_ms integer not null,
      updated_at_ms integer not null,
      unique (app_id, type, source)
    ) strict`,
    "create index triggers_by_fn on triggers (fn_id)",

    `create table calls (
      id text primary key,
      app_id text not null,
      app_name text not null,
      fn_id text not null,
      path text not null,
      status text not null,
      error text,
      created_at_ms integer not null,
      started_at_ms integer,
      completed_at_ms integer not null
    ) strict`,
    "create index calls_by_app on calls (app_name, id)",
    "create index calls_by_path on calls (app_name, path, id)",

    `create table logs (
      call_id text primary key references calls on delete cascade,
      log text not null
    ) strict`,

    "create table changes (count integer not null) strict",
    "insert into changes (count) values (0)",
  ),

  "002-timelines": steps("alter table calls add column timeline text not null default '{}'"),

  // Calls are stored far more often than they are read, and each index is another tree to write to. So the table is
  // its own index, and a call without a log has no row for it.
  "003-fewer-trees": steps(
    `create table new_calls (
      id text not null,
      app_id text not null,
      app_name text not null,
      fn_id text not null,
      path text not null,
      status text not null,
      error text,
      created_at_ms integer not null,
      started_at_ms integer,
      completed_at_ms integer not null,
      timeline text not null,
      primary key (app_name, id)
    ) strict, without rowid`,
    `insert into new_calls select id, app_id, app_name, fn_id, path, status, error, created_at_ms, started_at_ms,
      completed_at_ms, timeline from calls`,
    `create table new_logs (
      app_name text not null,
      call_id text not null,
      log text not null,
      primary key (app_name, call_id)
    ) strict, without rowid`,
    `insert into new_logs select app_name, call_id, log from logs join calls on calls.id = call_id where log <> ''`,
    "drop table logs",
    "drop table calls",
    "alter table new_calls rename to calls",
    "alter table new_logs rename to logs",
    "create index calls_by_path on calls (app_name, path, id)",
  ),

  "004-nodes": steps(
    `create table nodes (
      name text primary key,
      weight real not null,
      is_draining integer not null,
      says_draining integer not null,
      expires_at_ms integer
    ) strict`,
  ),

  "005-v2": steps(
    "alter table apps add column secrets text not null default '{}'",
    "alter table apps add column annotations text not null default '{}'",
    "alter table apps add column syslog_url text not null default ''",
    "alter table apps add column shape text not null default ''",
    "alter table fns add column secrets text not null default '{}'",
    "alter table fns add column annotations text not null default '{}'",
    "alter table fns add column shape text not null default ''",
    "alter table fns add column retries integer not null default 0",
    "alter table fns add column retry_delay_s integer not null default 10",
    "alter table triggers add column annotations text not null default '{}'",

    `create table tokens (
      id text primary key,
      name text not null,
      hash text not null unique,
      scopes text not null,
      created_at_ms integer not null,
      expires_at_ms integer
    ) strict`,
  ),

  // A call that is not over has no time of completion, and SQLite cannot take a "not null" back.
  "006-queue": steps(
    `create table new_calls (
      id text not null,
      app_id text not null,
      app_name text not null,
      fn_id text not null,
      path text not null,
      status text not null,
      error text,
      created_at_ms integer not null,
      started_at_ms integer,
      completed_at_ms integer,
      timeline text not null,
      attempts integer,
      is_dead integer not null default 0,
      primary key (app_name, id)
    ) strict, without rowid`,
    `insert into new_calls select id, app_id, app_name, fn_id, path, status, error, created_at_ms, started_at_ms,
      completed_at_ms, timeline, null, 0 from calls`,
    "drop table calls",
    "alter table new_calls rename to calls",
    // Each of these is a tree to write to with every call. A page of one path is put together from those of its statuses.
    "create index calls_by_path on calls (app_name, path, status, id)",
    "create index calls_by_status on calls (app_name, status, id)",
    "create index dead_calls on calls (app_name, id) where is_dead = 1",
    // SQLite sees no reason to take an index other than the key, which has the order that is asked for, unless it knows
    // how many calls that would read. Numbers of a large table are right for a small one, too.
    // Source: sqlite.org/lang_analyze.html, 3.
    "analyze sqlite_schema",
    `insert into sqlite_stat1 (tbl, idx, stat) values
      ('calls', 'calls', '10000000 1000000 1'),
      ('calls', 'calls_by_path', '10000000 1000000 10000 100 1'),
      ('calls', 'calls_by_status', '10000000 1000000 1000 1'),
      ('calls', 'dead_calls', '100 10 1')`,
    "analyze sqlite_schema",

    `create table answers (
      app_name text not null,
      call_id text not null,
      status integer not null,
      headers text not null,
      body blob not null,
      body_bytes integer not null,
      expires_at_ms integer not null,
      primary key (app_name, call_id)
    ) strict`,
    "create index answers_by_expiry on answers (expires_at_ms)",

    `create table queue (
      call_id text primary key,
      app_name text not null,
      fn_id text not null,
      state text not null,
      priority integer not null,
      due_at_ms integer not null,
      holder text not null,
      lease_ends_at_ms integer,
      refusals integer not null
    ) strict`,
    "create index queue_in_order on queue (state, app_name, priority, due_at_ms, call_id)",
    "create index queue_by_due on queue (state, due_at_ms)",
    "create index queue_by_lease on queue (lease_ends_at_ms) where lease_ends_at_ms is not null",

    `create table requests (
      call_id text primary key references queue on delete cascade,
      method text not null,
      target text not null,
      host text not null,
      headers text not null,
      trigger_id text,
      body blob not null
    ) strict`,

    `create table idempotency_keys (
      fn_id text not null,
      key text not null,
      call_id text not null,
      expires_at_ms integer not null,
      primary key (fn_id, key)
    ) strict, without rowid`,
    "create index idempotency_keys_by_expiry on idempotency_keys (expires_at_ms)",
  ),
};

function steps(...statements: readonly string[]): Migration {
  return {
    async up(db) {
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  };
}
