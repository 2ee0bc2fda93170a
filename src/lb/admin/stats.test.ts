import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import { Stats } from "./stats.ts";

const MS = 1e6;

describe("the figures of the last minute", () => {
  test("are none before the first answer", () => {
    assert.deepEqual(new Stats(new FakeClock()).points(), []);
  });

  test("hold a point per second, node and function, with the count and the mean wait in seconds", async () => {
    const clock = new FakeClock();
    const stats = new Stats(clock);
    stats.add("a:1", "/r/app/f", 1 * MS);
    stats.add("a:1", "/r/app/f", 2 * MS);
    stats.add("b:1", "/r/app/f", 0);
    await clock.advance(1000);
    stats.add("a:1", "/r/app/f", 500 * MS);
    assert.deepEqual(stats.points(), [
      { timestamp: "2018-01-22T10:00:00.000Z", tp: 2, node: "a:1", func: "/r/app/f", wait: 0.0015 },
      { timestamp: "2018-01-22T10:00:00.000Z", tp: 1, node: "b:1", func: "/r/app/f", wait: 0 },
      { timestamp: "2018-01-22T10:00:01.000Z", tp: 1, node: "a:1", func: "/r/app/f", wait: 0.5 },
    ]);
  });

  test("count an answer that does not tell its wait, and leave it out of the mean", () => {
    const stats = new Stats(new FakeClock());
    stats.add("a:1", "/r/app/f", 4 * MS);
    stats.add("a:1", "/r/app/f", undefined);
    assert.deepEqual(
      stats.points().map(({ tp, wait }) => ({ tp, wait })),
      [{ tp: 2, wait: 0.004 }],
    );
  });

  test("are the same for each reader", () => {
    const stats = new Stats(new FakeClock());
    stats.add("a:1", "/r/app/f", 0);
    assert.deepEqual(stats.points(), stats.points());
    assert.equal(stats.points().length, 1);
  });

  test("go 60 seconds back and no further", async () => {
    const clock = new FakeClock();
    const stats = new Stats(clock);
    stats.add("a:1", "/r/app/f", 0);
    await clock.advance(59_999);
    assert.equal(stats.points().length, 1);
    await clock.advance(1);
    assert.equal(stats.points().length, 0);
  });

  test("take the room of the oldest second for the newest", async () => {
    const clock = new FakeClock();
    const stats = new Stats(clock);
    for (let i = 0; i < 150; i++) {
      stats.add("a:1", "/r/app/f", 0);
      await clock.advance(1000);
    }
    stats.add("a:1", "/r/app/f", 0);
    assert.deepEqual(
      stats.points().map(({ tp }) => tp),
      new Array(60).fill(1),
    );
  });

  test("name a bounded number of functions a second, by a bounded part of their path", () => {
    const stats = new Stats(new FakeClock());
    for (let i = 0; i < 1200; i++) stats.add("a:1", `/${i}/${"x".repeat(1000)}`, 0);
    const points = stats.points();
    assert.equal(points.length, 1000);
    assert.equal(Math.max(...points.map(({ func }) => func.length)), 256);
  });
});
