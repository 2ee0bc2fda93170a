import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "./fake-clock.ts";
import { createIds, idStartAt } from "./ids.ts";
import { seededRandom } from "./random.ts";

describe("ids", () => {
  test("an id is 26 characters of Crockford base32", () => {
    assert.match(createIds(new FakeClock(), seededRandom(1)).next(), /^[0-9A-HJKMNP-TV-Z]{26}$/);
  });

  test("the first ten characters tell the millisecond", async () => {
    const clock = new FakeClock(Date.parse("2018-01-22T10:00:00Z"));
    const ids = createIds(clock, seededRandom(1));
    const [first, second] = [ids.next().slice(0, 10), ids.next().slice(0, 10)];
    assert.equal(first, "01C4EMYV80");
    assert.equal(second, first);
    await clock.advance(1);
    assert.equal(ids.next().slice(0, 10), "01C4EMYV81");
  });

  test("within a process ids rise strictly, also when the wall clock steps back", () => {
    let nowMs = 1_000_000;
    const clock = {
      ...new FakeClock(),
      nowMs: () => nowMs,
      monotonicNs: () => 0,
      after: () => ({ cancel() {} }),
    };
    const ids = createIds(clock, seededRandom(1));
    const made = Array.from({ length: 1000 }, (_, i) => {
      nowMs += i % 3 === 0 ? -1 : 1;
      return ids.next();
    });
    assert.deepEqual(made, [...new Set(made)].sort());
  });

  test("two processes started in the same millisecond make different ids", () => {
    const clock = new FakeClock();
    assert.notEqual(createIds(clock, seededRandom(1)).next(), createIds(clock, seededRandom(2)).next());
  });
  test("the start of a millisecond's ids sorts after all ids of before, and before its own", () => {
    const clock = new FakeClock();
    const id = createIds(clock, seededRandom(1)).next();
    assert.ok(idStartAt(clock.nowMs()) <= id);
    assert.ok(idStartAt(clock.nowMs() + 1) > id);
  });

  test("a time that no id can have counts as the nearest", () => {
    assert.equal(idStartAt(-1), "0000000000");
    assert.equal(idStartAt(2 ** 53), idStartAt(2 ** 48 - 1));
  });
});
