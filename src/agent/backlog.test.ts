import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Backlog } from "./backlog.ts";

function backlogOf(sizeMax: number, ...items: string[]): Backlog<string> {
  const backlog = new Backlog<string>(sizeMax);
  for (const item of items) backlog.push(item);
  return backlog;
}

function all(backlog: Backlog<string>): string[] {
  const items: string[] = [];
  for (let item = backlog.shift(); item !== undefined; item = backlog.shift()) items.push(item);
  return items;
}

describe("a backlog", () => {
  test("gives back what it was given, oldest first", () => {
    assert.deepEqual(all(backlogOf(10, "a", "b", "c")), ["a", "b", "c"]);
  });

  test("loses the oldest when they are too much together", () => {
    assert.deepEqual(all(backlogOf(4, "aa", "bb", "c")), ["bb", "c"]);
  });

  test("counts what it lost, until it is asked", () => {
    const backlog = backlogOf(1, "a", "b", "c");
    assert.deepEqual([backlog.takeDropped(), backlog.takeDropped()], [2, 0]);
  });

  test("keeps the newest, however large it is", () => {
    assert.deepEqual(all(backlogOf(2, "a", "bbbb")), ["bbbb"]);
  });

  test("loses nothing for what must be kept", () => {
    const backlog = backlogOf(2, "aa");
    backlog.pushKept("end");
    assert.deepEqual([backlog.takeDropped(), all(backlog)], [0, ["aa", "end"]]);
  });

  test("is the same after thousands have gone through", () => {
    const backlog = new Backlog<string>(1_000_000);
    for (let i = 0; i < 5000; i++) backlog.push(`${i}`);
    for (let i = 0; i < 4998; i++) assert.equal(backlog.shift(), `${i}`);
    assert.deepEqual([backlog.count, all(backlog)], [2, ["4998", "4999"]]);
  });

  test("forgets all when it is told to", () => {
    const backlog = backlogOf(10, "a", "b");
    backlog.clear();
    assert.deepEqual([backlog.count, backlog.shift()], [0, undefined]);
  });
});
