import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { CachingDatabase } from "./statements.ts";

describe("compiled statements", () => {
  test("are kept for the next time", () => {
    const database = new CachingDatabase(new DatabaseSync(":memory:"));
    assert.equal(database.prepare("select 1"), database.prepare("select 1"));
  });

  test("are forgotten, the one used longest ago first, when there are many", () => {
    const database = new CachingDatabase(new DatabaseSync(":memory:"));
    const often = database.prepare("select 'often'");
    const once = database.prepare("select 'once'");
    for (let i = 0; i < 1000; i++) {
      database.prepare(`select ${i}`);
      database.prepare("select 'often'");
    }
    assert.equal(database.prepare("select 'often'"), often);
    assert.notEqual(database.prepare("select 'once'"), once);
  });

  test("give rows or run, as they are", () => {
    const database = new CachingDatabase(new DatabaseSync(":memory:"));
    assert.equal(database.prepare("create table t (a)").reader, false);
    database.prepare("create table t (a)").run([]);
    assert.equal(database.prepare("insert into t values (?)").reader, false);
    assert.equal(database.prepare("insert into t values (?)").run([1]).changes, 1);
    assert.equal(database.prepare("insert into t values (?) returning a").reader, true);
    assert.deepEqual(
      database
        .prepare("select a from t")
        .all([])
        .map((row) => ({ ...Object(row) })),
      [{ a: 1 }],
    );
  });
});
