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

describe("the start rule", () => {
  for (const [[running = 0, starting = 0, waiting = 0, idle = 0], startsOneMore] of RULE_OF_2018) {
    const state = `${running} running, ${starting} starting, ${waiting} waiting, ${idle} idle`;
    test(`${state}: ${startsOneMore ? "one more is started" : "none is started"}, as in 2018`, () => {
      assert.equal(startsWanted({ waiting, idle, busy: running - idle, starting }) > starting, startsOneMore);
    });
  }

  test("while there is no container one goes first, however many calls wait", () => {
    assert.equal(startsWanted({ waiting: 50, idle: 0, busy: 0, starting: 0 }), 1);
    assert.equal(startsWanted({ waiting: 50, idle: 0, busy: 0, starting: 1 }), 1);
  });

  test("never more are wanted than calls that no idle container serves, and none when there is no such call", () => {
    const count = fc.nat({ max: 100 });
    fc.assert(
      fc.property(count, count, count, count, (waiting, idle, busy, starting) => {
        const wanted = startsWanted({ waiting, idle, busy, starting });
        const unserved = Math.max(0, waiting - idle);
        assert.ok(wanted <= unserved);
        assert.equal(wanted === 0, unserved === 0);
      }),
    );
  });
});
