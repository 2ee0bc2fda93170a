import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isHopeless, RETRY_AFTER_S_MAX, retryAfterS } from "./patience.ts";

/** Eight before the newcomer, two containers. */
const counts = { waiting: 8, idle: 0, busy: 2, starting: 0 };
const times = { runMs: 1000, startMs: 100, stalledMs: 0 };
const cannotGrow = () => false;
const canGrow = () => true;

describe("a call that joins the line is hopeless", () => {
  test("when those before it take more than twice as long as it may wait, and no container can come", () => {
    assert.equal(isHopeless(counts, times, 1999, cannotGrow), true);
    assert.equal(isHopeless(counts, times, 2000, cannotGrow), false);
  });

  test("not while another container can come in time", () => {
    assert.equal(isHopeless(counts, times, 1000, canGrow), false);
  });

  test("when another container would come too late", () => {
    assert.equal(isHopeless(counts, { ...times, startMs: 1000 }, 1000, canGrow), true);
  });

  test("not while nobody knows how long a start takes", () => {
    assert.equal(isHopeless(counts, { ...times, startMs: undefined }, 1000, canGrow), false);
  });

  test("not while nobody knows how long a call takes", () => {
    assert.equal(isHopeless(counts, { ...times, runMs: undefined }, 1, cannotGrow), false);
  });

  test("not while there is no container: memory may come free at any time", () => {
    assert.equal(isHopeless({ ...counts, busy: 0 }, times, 1, cannotGrow), false);
  });
});

describe("when it is worth trying again", () => {
  test("when the line should be gone", () => {
    assert.equal(retryAfterS(counts, times, 500), 4);
  });

  test("while no call has ended, after as long again as the oldest has run", () => {
    assert.equal(retryAfterS(counts, { ...times, runMs: undefined, stalledMs: 7200 }, 500), 8);
  });

  test("while there is no container, after as long again as was waited in vain", () => {
    assert.equal(retryAfterS({ ...counts, busy: 0 }, times, 15_000), 15);
  });

  test("in a second at the soonest, and not later than a minute from now", () => {
    assert.equal(retryAfterS({ ...counts, waiting: 0 }, times, 0), 1);
    assert.equal(retryAfterS({ ...counts, waiting: 10_000 }, times, 0), RETRY_AFTER_S_MAX);
  });
});
