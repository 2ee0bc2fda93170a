import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock, settle } from "../../clock/fake-clock.ts";
import { backOff, Lane } from "./retry.ts";

describe("a lane", () => {
  test("runs as many actions at a time as it has room for, and the others in turn", async () => {
    const lane = new Lane(2);
    const started: number[] = [];
    const ends = [0, 1, 2, 3].map((i) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      void lane.run(() => {
        started.push(i);
        return promise;
      });
      return resolve;
    });
    await settle();
    assert.deepEqual(started, [0, 1]);
    ends[1]?.();
    await settle();
    assert.deepEqual(started, [0, 1, 2]);
    for (const end of ends) end();
    await settle();
    assert.deepEqual(started, [0, 1, 2, 3]);
  });

  test("has its room back after an action that failed", async () => {
    const lane = new Lane(1);
    await assert.rejects(lane.run(() => Promise.reject(new Error("no"))));
    assert.equal(await lane.run(async () => "next"), "next");
  });
});

describe("the delay before another try", () => {
  const delays: readonly (readonly [tries: number, longestMs: number])[] = [
    [0, 25],
    [1, 50],
    [4, 400],
    [100, 2_000],
  ];
  for (const [tries, longestMs] of delays) {
    test(`number ${tries + 1} is anything up to ${longestMs} ms`, async () => {
      const clock = new FakeClock();
      let isOver = false;
      void backOff({ clock, random: { next: () => 0.5 } }, tries).then(() => {
        isOver = true;
      });
      await clock.advance(longestMs / 2 - 1);
      assert.equal(isOver, false);
      await clock.advance(1);
      assert.equal(isOver, true);
    });
  }

  test("ends when nobody waits any more", async () => {
    const clock = new FakeClock();
    const leave = new AbortController();
    const waiting = backOff({ clock, random: { next: () => 0.5 } }, 3, leave.signal);
    leave.abort(new Error("gone"));
    await assert.rejects(waiting, /gone/);
    assert.equal(clock.pending, 0);
  });
});
