import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  agedParallel,
  agedRunMs,
  expectedMs,
  isWorthLeaving,
  nextLongest,
  nextMean,
  nextParallel,
  PARALLEL_FIRST,
  type Prospect,
} from "./warm-rule.ts";

const QUICK: Prospect = { outstanding: 0, parallel: 4, runMs: 50, coldMs: 0, quietMs: 0, longestMs: 60 };

function expected(change: Partial<Prospect>): number {
  return expectedMs({ ...QUICK, ...change });
}

describe("a new call is expected to be answered", () => {
  test("after one run where the function is hot and has room", () => {
    assert.equal(expected({}), 50);
    assert.equal(expected({ outstanding: 3 }), 50);
  });

  test("after a whole run more for each round of calls before it", () => {
    assert.deepEqual(
      [4, 7, 8].map((outstanding) => expected({ outstanding })),
      [100, 100, 150],
    );
  });

  test("after the start where the function is cold", () => {
    assert.equal(expected({ coldMs: 1000 }), 1050);
  });

  test("late where even single calls wait, for those of other functions", () => {
    assert.equal(expected({ parallel: 0.1 }), 500);
  });

  test("no sooner than after as long a silence again, where nothing was answered for longer than runs take", () => {
    assert.equal(expected({ outstanding: 1, quietMs: 2000 }), 2000);
  });

  test("whatever the silence, where there was nobody to answer, or runs take so long", () => {
    assert.equal(expected({ outstanding: 0, quietMs: 2000 }), 50);
    assert.equal(expected({ outstanding: 1, quietMs: 2000, longestMs: 3000 }), 50);
    assert.equal(expected({ outstanding: 1, quietMs: 1000, coldMs: 1000 }), 1050);
  });

  test("no sooner the more calls are there, and the less the node serves at a time", () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.double({ min: 0.001, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        (outstanding, parallel, more) => {
          const ms = expected({ outstanding, parallel });
          assert.ok(ms >= QUICK.runMs);
          assert.ok(expected({ outstanding: outstanding + 1, parallel }) >= ms);
          assert.ok(expected({ outstanding, parallel: parallel + more }) <= ms);
        },
      ),
    );
  });
});

describe("a call leaves the earlier node of its order", () => {
  test("for one that is better by a quarter and by 5 ms, and not for less", () => {
    assert.equal(isWorthLeaving(131, 100), true);
    assert.equal(isWorthLeaving(130, 100), false);
    assert.equal(isWorthLeaving(6, 1), false);
  });

  test("for a cold one only when its line takes longer than a start", () => {
    const start = expected({ coldMs: 1000 });
    assert.equal(isWorthLeaving(expected({ parallel: 1, outstanding: 7 }), start), false);
    assert.equal(isWorthLeaving(expected({ parallel: 1, outstanding: 30 }), start), true);
  });
});

describe("how many calls a node serves at a time", () => {
  test("is at least as many as it served without a wait", () => {
    assert.equal(nextParallel(4, 9, 0, 50), 9);
    assert.equal(nextParallel(4, 2, 0, 50), 4);
  });

  test("is fewer than were there when a call waited for a part of a run", () => {
    let parallel = 20;
    for (let i = 0; i < 50; i++) parallel = nextParallel(parallel, 17, 20, 50);
    assert.ok(Math.abs(parallel - 16) < 0.1, `${parallel}`);
  });

  test("follows from the wait where calls waited for longer: 8 calls of 50 ms before one slot wait 350 ms", () => {
    let parallel = 4;
    for (let i = 0; i < 50; i++) parallel = nextParallel(parallel, 8, 350, 50);
    assert.ok(Math.abs(parallel - 1) < 0.1, `${parallel}`);
  });

  test("is below one where a single call waits for others", () => {
    let parallel = 4;
    for (let i = 0; i < 50; i++) parallel = nextParallel(parallel, 1, 450, 50);
    assert.ok(Math.abs(parallel - 0.1) < 0.01, `${parallel}`);
  });

  test("is seen after few waits that are longer than a start", () => {
    const parallel = nextParallel(nextParallel(16, 1, 10_000, 50), 1, 10_000, 50);
    assert.equal(isWorthLeaving(expected({ parallel }), expected({ coldMs: 1000 })), true);
  });

  test("comes back to what is usual in silence, and not above", () => {
    assert.equal(agedParallel(0.5, 30_000), 1);
    assert.equal(agedParallel(0.5, 600_000), PARALLEL_FIRST);
    assert.equal(agedParallel(16, 600_000), 16);
  });
});

describe("how long a run takes", () => {
  test("is what the first one took, and then moves by a fifth of each further one", () => {
    assert.equal(nextMean(undefined, 50), 50);
    assert.equal(nextMean(50, 100), 60);
  });

  test("does not more than grow by three fifths when one takes very long", () => {
    assert.equal(nextMean(50, 60_000), 80);
  });

  test("comes back to what is usual in silence where it was more", () => {
    assert.equal(agedRunMs(450, 50, 30_000), 250);
    assert.equal(agedRunMs(40, 50, 30_000), 40);
  });

  test("is remembered at its longest for some dozens of calls", () => {
    let longestMs = nextLongest(0, 1000);
    assert.equal(longestMs, 1000);
    for (let i = 0; i < 200; i++) longestMs = nextLongest(longestMs, 50);
    assert.equal(longestMs, 50);
  });
});
