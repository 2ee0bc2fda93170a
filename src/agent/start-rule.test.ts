import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FIRST_RUN_MS_MAX, type Line, startsWanted } from "./start-rule.ts";

/** What the rule of January 2018 says to each state, from the counts of that time: running, starting, waiting, idle. */
const RULE_OF_2018: readonly (readonly [counts: readonly number[], startsOneMore: boolean])[] = [
  [[0, 0, 0, 0], false],
  [[0, 0, 1, 0], true],
  [[1, 10, 10, 0], false],
  [[1, 5, 10, 0], true],
  [[11, 0, 10, 10], false],
  [[11, 0, 10, 5], true],
];

/** A line that has just begun. */
const fresh: Line = { ageMs: 0, waitMsMax: 15_000, growthPays: undefined, cores: 2 };
/** One that has lasted, while containers that were added served more calls. */
const steady: Line = { ageMs: 60_000, waitMsMax: 15_000, growthPays: true, cores: 2 };
/** One that has lasted, while containers that were added only slowed the others down. */
const jammed: Line = { ...steady, growthPays: false };

/** With so many callers, all of whom wait or have one of the busy containers. */
const callers = (count: number, containers: number) => ({
  waiting: count - containers,
  idle: 0,
  busy: containers,
  starting: 0,
});

/** Where the rule comes to rest when runs take the same time however many containers there are. */
function settle(count: number, times: { runMs: number; startMs: number }, line: Line): number {
  let containers = 1;
  for (;;) {
    const wanted = startsWanted(callers(count, containers), { ...times, stalledMs: 0 }, line);
    if (wanted === 0) return containers;
    containers += wanted;
  }
}

describe("the start rule, while no call has ended", () => {
  for (const [[running = 0, starting = 0, waiting = 0, idle = 0], startsOneMore] of RULE_OF_2018) {
    const state = `${running} running, ${starting} starting, ${waiting} waiting, ${idle} idle`;
    test(`${state}: ${startsOneMore ? "one more is started" : "none is started"}, as in 2018`, () => {
      const unknown = { runMs: undefined, startMs: undefined, stalledMs: FIRST_RUN_MS_MAX };
      const wanted = startsWanted({ waiting, idle, busy: running - idle, starting }, unknown, fresh);
      assert.equal(wanted > starting, startsOneMore);
    });
  }

  test("the first one is given a moment to show that it is quick", () => {
    const unknown = { runMs: undefined, startMs: 100, stalledMs: FIRST_RUN_MS_MAX - 1 };
    assert.equal(startsWanted(callers(32, 1), unknown, fresh), 0);
  });

  test("that moment is no longer than a start takes", () => {
    const unknown = { runMs: undefined, startMs: 5, stalledMs: 5 };
    assert.equal(startsWanted(callers(32, 1), unknown, fresh), 31);
  });
});

describe("the start rule, for a line that has just begun", () => {
  test("a function of 1 ms queues for its one container when a start takes 100 ms", () => {
    assert.equal(startsWanted(callers(32, 1), { runMs: 1, startMs: 100, stalledMs: 0 }, fresh), 0);
  });

  test("a function of 10 s scales to all its callers at once", () => {
    assert.equal(startsWanted(callers(32, 1), { runMs: 10_000, startMs: 100, stalledMs: 0 }, fresh), 31);
  });

  test("in between, as many are started as it takes to be done in the time of a start", () => {
    const times = { runMs: 50, startMs: 100, stalledMs: 0 };
    assert.equal(startsWanted(callers(24, 4), times, fresh), 6);
  });

  test("calls of which none ends for as long as a start takes count as what they are", () => {
    const stuck = { runMs: 1, startMs: 100, stalledMs: 5000 };
    assert.equal(startsWanted(callers(4, 1), stuck, fresh), 3);
  });

  test("calls that were held up for less than a start say nothing", () => {
    const heldUp = { runMs: 1, startMs: 100, stalledMs: 60 };
    assert.equal(startsWanted(callers(32, 1), heldUp, fresh), 0);
  });

  test("of a quick function none is added while it is not measured yet what the last ones brought", () => {
    const times = { runMs: 5, startMs: 40, stalledMs: 0 };
    assert.equal(startsWanted(callers(32, 1), times, fresh), 0);
    assert.equal(startsWanted(callers(32, 1), times, { ...fresh, growthPays: true }), 3);
  });
});

describe("the start rule, for a line that has lasted as long as a start", () => {
  const times = { runMs: 200, startMs: 150, stalledMs: 0 };

  test("half as many containers are added at a time as there are", () => {
    assert.equal(startsWanted(callers(64, 24), { runMs: 50, startMs: 150, stalledMs: 0 }, steady), 12);
  });

  test("a younger one has no such claim", () => {
    const young = { ...steady, ageMs: times.startMs - 1 };
    assert.equal(startsWanted(callers(32, 20), times, young), 0);
    assert.ok(startsWanted(callers(32, 20), times, steady) > 0);
  });

  test("32 callers of a function of 200 ms come to about 32 containers", () => {
    for (const startMs of [40, 150, 300]) {
      const containers = settle(32, { runMs: 200, startMs }, steady);
      assert.ok(containers >= 28 && containers <= 32, `${containers} for starts of ${startMs} ms`);
    }
  });

  test("32 callers of a function of 1 ms come to at most 4, even where each one more would serve more", () => {
    for (const startMs of [40, 60, 100, 300]) {
      assert.ok(settle(32, { runMs: 1, startMs }, steady) <= 4, `starts of ${startMs} ms`);
    }
  });

  test("each core gets a container, however short the wait is against a start", () => {
    const times = { runMs: 1, startMs: 1000, stalledMs: 0 };
    assert.equal(startsWanted(callers(32, 1), times, steady), 1);
    assert.equal(startsWanted(callers(32, 2), times, steady), 0);
  });

  test("when the line goes on and on, even where nobody notices the wait", () => {
    const times = { runMs: 0.25, startMs: 300, stalledMs: 0 };
    const [young, old] = [
      { ...steady, ageMs: 899 },
      { ...steady, ageMs: 900 },
    ];
    assert.equal(startsWanted(callers(8, 1), times, young), 0);
    assert.equal(startsWanted(callers(8, 1), times, old), 1);
    assert.equal(startsWanted(callers(8, 1), times, { ...old, growthPays: undefined }), 0);
    assert.equal(startsWanted(callers(8, 2), times, old), 0);
  });

  test("where the containers added last brought nothing, none is added, however long the line is", () => {
    for (const runMs of [1, 3, 30, 200]) {
      assert.equal(startsWanted(callers(32, 3), { runMs, startMs: 40, stalledMs: 0 }, jammed), 0);
    }
  });

  test("unless none ends for as long as a start: it is as if it were another function", () => {
    const stalled = { runMs: 1, startMs: 100, stalledMs: 100 };
    assert.equal(startsWanted(callers(32, 3), stalled, jammed), 26);
  });

  test("or the line would outlast the patience of those who wait", () => {
    const times = { runMs: 2000, startMs: 100, stalledMs: 0 };
    assert.equal(
      startsWanted(callers(32, 3), times, jammed),
      5,
      "29 calls of 2 s within 7.5 s need 8 containers",
    );
  });
});

describe("the start rule, always", () => {
  const count = fc.nat({ max: 100 });
  const ms = fc.oneof(fc.constant(undefined), fc.double({ min: 0, max: 1e5, noNaN: true }));
  const times = fc.record({
    runMs: ms,
    startMs: ms,
    stalledMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
  });
  const line = fc.record({
    ageMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
    waitMsMax: fc.integer({ min: 500, max: 60_000 }),
    growthPays: fc.constantFrom(true, false, undefined),
    cores: fc.integer({ min: 1, max: 64 }),
  });

  test("while there is no container one goes first, however many calls wait", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), count, times, line, (waiting, starting, times, line) => {
        assert.equal(startsWanted({ waiting, idle: 0, busy: 0, starting }, times, line), 1);
      }),
    );
  });

  test("never more are wanted than calls that no idle container serves", () => {
    fc.assert(
      fc.property(count, count, count, count, times, line, (waiting, idle, busy, starting, times, line) => {
        const wanted = startsWanted({ waiting, idle, busy, starting }, times, line);
        assert.ok(Number.isInteger(wanted));
        assert.ok(wanted >= 0 && wanted <= Math.max(0, waiting - idle));
      }),
    );
  });

  test("more calls in line never make it start less", () => {
    fc.assert(
      fc.property(count, count, count, count, times, line, (waiting, idle, busy, starting, times, line) => {
        const wanted = (more: number) =>
          startsWanted({ waiting: waiting + more, idle, busy, starting }, times, line);
        assert.ok(wanted(1) >= wanted(0));
      }),
    );
  });
});
