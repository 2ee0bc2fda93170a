import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Climb, firstClimb, HOLD_SAMPLES, nextClimb } from "./start-climb.ts";

const bounds = { min: 1, max: 8 };

/** So many samples of a machine on which `perMs` tells how many starts a limit reaches. */
function climb(from: Climb, samples: number, perMs: (limit: number) => number): Climb {
  let state = from;
  for (let i = 0; i < samples; i++) state = nextClimb(state, perMs(state.limit), bounds);
  return state;
}

/** A machine that starts so many at a time without delay; beyond that each only takes longer. */
const machine = (capacity: number) => (limit: number) => Math.min(limit, capacity) / 100;

describe("the number of starts at a time", () => {
  for (const capacity of [1, 2, 4]) {
    test(`comes to ${capacity} on a machine that starts ${capacity} at a time as quickly as one`, () => {
      let state = firstClimb(2);
      const seen = new Map<number, number>();
      for (let i = 0; i < 200; i++) {
        state = nextClimb(state, machine(capacity)(state.limit), bounds);
        seen.set(state.limit, (seen.get(state.limit) ?? 0) + 1);
      }
      const [usual] = [...seen].toSorted(([, a], [, b]) => b - a);
      assert.equal(usual?.[0], capacity);
    });
  }

  test("goes back when one more only lengthened each start", () => {
    const tried = climb(firstClimb(2), 1, machine(2));
    assert.equal(tried.limit, 3);
    assert.equal(climb(tried, 1, machine(2)).limit, 2);
  });

  test("stays lower when one fewer starts as many", () => {
    const tried = climb(firstClimb(2), 2 + HOLD_SAMPLES + 1, machine(1));
    assert.equal(tried.limit, 1);
    assert.equal(climb(tried, 1, machine(1)).limit, 1);
  });

  test("is left alone for a while after a try", () => {
    const settled = climb(firstClimb(2), 2, machine(2));
    assert.equal(climb(settled, HOLD_SAMPLES, machine(2)).limit, 2);
    assert.notEqual(climb(settled, HOLD_SAMPLES + 1, machine(2)).limit, 2);
  });

  test("stays within its bounds and moves one at a time, whatever is measured", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-6, max: 10, noNaN: true })), (samples) => {
        let state = firstClimb(2);
        for (const perMs of samples) {
          const next = nextClimb(state, perMs, bounds);
          assert.ok(next.limit >= bounds.min && next.limit <= bounds.max);
          assert.ok(Math.abs(next.limit - state.limit) <= 1);
          state = next;
        }
      }),
    );
  });
});
