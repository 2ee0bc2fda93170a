import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { latencyOf } from "./percentiles.ts";

describe("the latency", () => {
  test("of no calls is unknown", () => {
    assert.equal(latencyOf([]), undefined);
  });

  test("of one call is its duration throughout", () => {
    assert.deepEqual(latencyOf([7]), { p50: 7, p95: 7, p99: 7, max: 7 });
  });

  test("of 1 to 100 ms is 50, 95, 99 and 100 ms, in whatever order they came", () => {
    const durations = Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) + 1);
    assert.deepEqual(latencyOf(durations), { p50: 50, p95: 95, p99: 99, max: 100 });
  });

  test("compares durations as numbers, not as text", () => {
    assert.deepEqual(latencyOf([9, 10, 100]), { p50: 10, p95: 100, p99: 100, max: 100 });
  });

  test("at p percent is the smallest duration that p percent of the calls do not exceed", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (durations) => {
        const latency = latencyOf(durations);
        const shareUpTo = (limit: number) => durations.filter((ms) => ms <= limit).length / durations.length;
        for (const [percent, value] of [
          [50, latency?.p50],
          [95, latency?.p95],
          [99, latency?.p99],
        ] as const) {
          assert.ok(value !== undefined && durations.includes(value));
          assert.ok(shareUpTo(value) >= percent / 100);
          const smaller = durations.filter((ms) => ms < value);
          assert.ok(smaller.length / durations.length < percent / 100);
        }
      }),
    );
  });
});
