import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemClock } from "../../clock/clock.ts";
import { connectionOf } from "../sqlite/connection.ts";
import { IN_MEMORY, openDatabaseFile } from "../sqlite/database-file.ts";
import { openStoreOn } from "../sqlite/sqlite-store.ts";
import { sharedStoreSuite, storeSuite } from "../store.suite.ts";
import { sampleApp, sampleRecord } from "../suite/samples.suite.ts";
import {
  emptyDatabase,
  openDatabase,
  openEmpty,
  openEmptyWithCallsApart,
  openTwo,
  tempServer,
} from "./temp-database.suite.ts";

storeSuite("a store in PostgreSQL", openEmpty, { modelRuns: 8 });

sharedStoreSuite("two stores on one PostgreSQL database", openTwo);

describe("a PostgreSQL database", () => {
  test("holds what was stored when it is opened again", async (t) => {
    const url = await emptyDatabase(t);
    const first = await openDatabase(t, url);
    await first.apps.insert(sampleApp("demo"));
    await first.close();
    const second = await openDatabase(t, url);
    assert.deepEqual(await second.apps.get({ name: "demo" }), sampleApp("demo"));
  });

  test("has the tables and columns that an SQLite file has", async (t) => {
    const url = await emptyDatabase(t);
    const server = await tempServer();
    const columns = await server.execute(
      `select table_name || '.' || column_name || ' ' || is_nullable as it from information_schema.columns
       where table_schema = 'public' and table_name <> 'hotfn_migrations'`,
      url,
    );
    assert.deepEqual(columns.map(({ it }) => String(it)).toSorted(), (await columnsInSqlite()).toSorted());
  });

  test("finds nothing under a name with a NUL, as no name has one", async (t) => {
    const store = await openEmpty(t);
    await store.apps.insert(sampleApp("demo"));
    assert.equal(await store.apps.get({ name: "demo\u0000" }), undefined);
    assert.deepEqual(await store.routes.list("demo", { limit: 1, image: "\u0000" }), []);
  });

  test("has the calls that a thread has stored once they are acknowledged", async (t) => {
    const { calls } = await openEmptyWithCallsApart(t);
    await calls.insert(Array.from({ length: 300 }, (_, i) => sampleRecord(`call-${i}`, {}, `log ${i}`)));
    assert.equal((await calls.list("demo", { limit: 1000 })).length, 300);
    assert.equal(await calls.log("demo", "call-299"), "log 299");
  });

  test("takes many writes at a time, with few connections", async (t) => {
    const url = await emptyDatabase(t);
    const server = await tempServer();
    const store = await openDatabase(t, url);
    const records = Array.from({ length: 100 }, (_, i) => sampleRecord(`call-${i}`));
    await Promise.all(records.map((record) => store.calls.insert([record])));
    const [row] = await server.execute(
      "select count(*)::int as count from pg_stat_activity where application_name = 'hotfn' and datname = current_database()",
      url,
    );
    assert.ok(Number(row?.count) <= 8);
    assert.equal((await store.calls.list("demo", { limit: 1000 })).length, 100);
  });
});

async function columnsInSqlite(): Promise<string[]> {
  const file = openDatabaseFile(IN_MEMORY);
  const store = await openStoreOn(file, systemClock);
  try {
    const tables = await connectionOf(file).introspection.getTables();
    return tables
      .filter(({ name }) => !name.startsWith("kysely"))
      .flatMap(({ name, columns }) =>
        columns.map((column) => `${name}.${column.name} ${column.isNullable ? "YES" : "NO"}`),
      );
  } finally {
    await store.close();
  }
}
