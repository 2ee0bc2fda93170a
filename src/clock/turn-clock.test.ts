import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { FakeClock } from "./fake-clock.ts";
import { turnClock } from "./turn-clock.ts";

describe("a clock of turns", () => {
  test("stands still within a turn of the event loop, and not longer", async () => {
    let now = 1;
    const after = () => ({ cancel() {} });
    const clock = turnClock({ nowMs: () => now, monotonicNs: () => now * 1e6, after });
    assert.deepEqual([clock.nowMs(), clock.monotonicNs()], [1, 1e6]);
    now = 2;
    assert.deepEqual([clock.nowMs(), clock.monotonicNs()], [1, 1e6]);
    await nextTurn();
    assert.deepEqual([clock.nowMs(), clock.monotonicNs()], [2, 2e6]);
  });

  test("tells the time at which it is first asked in a turn", async () => {
    const inner = new FakeClock();
    const clock = turnClock(inner);
    clock.monotonicNs();
    await nextTurn();
    await inner.advance(7);
    assert.equal(clock.monotonicNs(), inner.monotonicNs());
    assert.equal(clock.nowMs(), inner.nowMs());
  });

  test("waits as long as the clock it is made of", async () => {
    const inner = new FakeClock();
    const fired: number[] = [];
    const clock = turnClock(inner);
    clock.after(10, () => fired.push(10));
    const cancelled = clock.after(5, () => fired.push(5));
    cancelled.cancel();
    await inner.advance(20);
    assert.deepEqual(fired, [10]);
    assert.equal(inner.pending, 0);
  });
});
