import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FnTable, TableEntry, UNUSED_MS_MAX } from "./fn-table.ts";

class Entry extends TableEntry<Entry> {}

function tableOf(entriesMax: number): FnTable<Entry> {
  return new FnTable((key) => new Entry(key), entriesMax);
}

const keysOf = (table: FnTable<Entry>) => [...table.newestFirst()].map(({ key }) => key);

describe("the table of functions", () => {
  test("makes an entry once, and gives the same again", () => {
    const table = tableOf(10);
    assert.equal(table.use("a", 0), table.use("a", 1));
    assert.equal(table.size, 1);
  });

  test("forgets the one that was not used for longest when there are too many", () => {
    const table = tableOf(3);
    for (const [index, key] of ["a", "b", "c", "a", "d"].entries()) table.use(key, index * 20_000);
    assert.deepEqual(keysOf(table), ["d", "a", "c"]);
  });

  test("forgets what was not used for ten minutes, some with each use", () => {
    const table = tableOf(100);
    for (let index = 0; index < 50; index++) table.use(`old-${index}`, 0);
    for (let use = 0; use < 25; use++) table.use("new", UNUSED_MS_MAX);
    assert.deepEqual(keysOf(table), ["new"]);
  });

  test("keeps what is used again and again", () => {
    const table = tableOf(100);
    const entry = table.use("a", 0);
    for (let nowMs = 0; nowMs < 3 * UNUSED_MS_MAX; nowMs += 5000) assert.equal(table.use("a", nowMs), entry);
  });

  test("never has more than its bound, however many functions are called", () => {
    const table = tableOf(100);
    for (let index = 0; index < 1000; index++) {
      table.use(`f${index}`, index);
      assert.ok(table.size <= 100);
    }
    assert.equal(keysOf(table).length, 100);
  });

  test("keeps sixteen of those that share a bucket, the last ones", () => {
    const table = tableOf(2 ** 16);
    const rivals: string[] = [];
    for (let index = 0; rivals.length < 20; index++) {
      if ((new Entry(`f${index}`).hash & 0xffff) === 0) rivals.push(`f${index}`);
    }
    for (const key of rivals) table.use(key, 0);
    assert.deepEqual(keysOf(table), rivals.toReversed().slice(0, 16));
  });
});
