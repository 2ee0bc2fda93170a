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
};

function steps(...statements: readonly string[]): Migration {
  return {
    async up(db) {
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  };
}
