import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { startsWanted } from "./start-rule.ts";

/** What the rule of January 2018 says to each state, from the counts of that time: running, starting, waiting, idle. */
const RULE_OF_2018: readonly (readonly [counts: readonly number[], startsOneMore: boolean])[] = [
  [[0, 0, 0, 0], false],
  [[0, 0, 1, 0], true],
  [[1, 10, 10, 0], false],
  [[1, 5, 10, 0], true],
  [[11, 0, 10, 10], false],
  [[11, 0, 10, 5], true],
];

const unknown = { runMs: undefined, startMs: undefined, oldestRunMs: 0 };

describe("the start rule, while nothing is known of the function's times", () => {
  for (const [[running = 0, starting = 0, waiting = 0, idle = 0], startsOneMore] of RULE_OF_2018) {
    const state = `${running} running, ${starting} starting, ${waiting} waiting, ${idle} idle`;
    test(`${state}: ${startsOneMore ? "one more is started" : "none is started"}, as in 2018`, () => {
      const wanted = startsWanted({ waiting, idle, busy: running - idle, starting }, unknown);
      assert.equal(wanted > starting, startsOneMore);
    });
  }
});

describe("the start rule", () => {
  const count = fc.nat({ max: 100 });
  const ms = fc.oneof(fc.constant(undefined), fc.double({ min: 0, max: 1e5, noNaN: true }));
  const times = fc.record({
    runMs: ms,
    startMs: ms,
    oldestRunMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
  });

  test("while there is no container one goes first, however many calls wait", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), count, times, (waiting, starting, times) => {
        assert.equal(startsWanted({ waiting, idle: 0, busy: 0, starting }, times), 1);
      }),
    );
  });

  test("a function of 1 ms queues for its one container when a start takes 100 ms", () => {
    const quick = { runMs: 1, startMs: 100, oldestRunMs: 0 };
    assert.equal(startsWanted({ waiting: 31, idle: 0, busy: 1, starting: 0 }, quick), 0);
  });

  test("a function of 10 s scales to all its callers at once", () => {
    const slow = { runMs: 10_000, startMs: 100, oldestRunMs: 0 };
    assert.equal(startsWanted({ waiting: 31, idle: 0, busy: 1, starting: 0 }, slow), 31);
  });

  test("in between, as many are started as it takes to be done in the time of a start", () => {
    const times = { runMs: 50, startMs: 100, oldestRunMs: 0 };
    assert.equal(startsWanted({ waiting: 20, idle: 0, busy: 4, starting: 0 }, times), 6);
  });

  test("a call that runs longer than any before counts as what it is", () => {
    const stuck = { runMs: 1, startMs: 100, oldestRunMs: 5000 };
    assert.equal(startsWanted({ waiting: 3, idle: 0, busy: 1, starting: 0 }, stuck), 3);
  });

  test("never more are wanted than calls that no idle container serves", () => {
    fc.assert(
      fc.property(count, count, count, count, times, (waiting, idle, busy, starting, times) => {
        const wanted = startsWanted({ waiting, idle, busy, starting }, times);
        assert.ok(Number.isInteger(wanted));
        assert.ok(wanted >= 0 && wanted <= Math.max(0, waiting - idle));
      }),
    );
  });

  test("more calls in line never make it start less", () => {
    fc.assert(
      fc.property(count, count, count, times, (waiting, idle, busy, times) => {
        const wanted = (more: number) =>
          startsWanted({ waiting: waiting + more, idle, busy, starting: 0 }, times);
        assert.ok(wanted(1) >= wanted(0));
      }),
    );
  });
});
