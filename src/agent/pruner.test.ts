import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pino } from "pino";
import { FakeClock } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import type { PruneRule } from "../store/store.ts";
import { BATCH, INTERVAL_MS, Pruner, type Retention, ruleOf } from "./pruner.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const BATCH_TAKES_MS = 10;

function setUp(retention: Retention = { keepMs: DAY_MS, callsPerAppMax: 100 }) {
  const clock = new FakeClock();
  const rules: PruneRule[] = [];
  const errors: string[] = [];
  const state = { removable: 0, isDown: false };
  const calls = {
    async prune(rule: PruneRule): Promise<number> {
      rules.push(rule);
      if (state.isDown) throw new FnError("store_unavailable");
      await new Promise<void>((resolve) => clock.after(BATCH_TAKES_MS, resolve));
      const removed = Math.min(state.removable, rule.limit);
      state.removable -= removed;
      return removed;
    },
  };
  const log = pino({ base: undefined }, { write: (line: string) => errors.push(line) });
  // In the middle of the jitter.
  const random = { next: () => 0.5 };
  const pruner = new Pruner({ calls, clock, random, log, retention });
  return { clock, rules, errors, state, pruner };
}

describe("the pruner", () => {
  test("waits for an interval before its first round, and between two rounds", async () => {
    const { clock, rules, pruner } = setUp();
    pruner.start();
    await clock.advance(INTERVAL_MS - 1);
    assert.equal(rules.length, 0);
    await clock.advance(1 + BATCH_TAKES_MS);
    assert.equal(rules.length, 1);
    await clock.advance(INTERVAL_MS - 1);
    assert.equal(rules.length, 1);
    await clock.advance(1);
    assert.equal(rules.length, 2);
    await clock.advance(BATCH_TAKES_MS);
    await pruner.stop();
  });

  test("keeps away from the rounds of other nodes by chance", async () => {
    const clock = new FakeClock();
    let rounds = 0;
    const calls = { prune: async () => rounds++ * 0 };
    for (const chance of [0, 0.999]) {
      const random = { next: () => chance };
      const retention = { keepMs: DAY_MS, callsPerAppMax: undefined };
      new Pruner({ calls, clock, random, log: pino({ level: "silent" }), retention }).start();
    }
    await clock.advance(INTERVAL_MS / 2);
    assert.equal(rounds, 1);
    await clock.advance(INTERVAL_MS);
    assert.equal(rounds, 4);
  });

  test("goes on in batches until nothing is left, and rests as long as each took", async () => {
    const { clock, rules, state, pruner } = setUp();
    state.removable = 2 * BATCH + 1;
    pruner.start();
    await clock.advance(INTERVAL_MS);
    for (const asked of [1, 2, 3, 4]) {
      assert.equal(rules.length, asked);
      await clock.advance(2 * BATCH_TAKES_MS);
    }
    assert.equal(rules.length, 4);
    assert.equal(state.removable, 0);
    await pruner.stop();
  });

  test("goes by one time for all batches of a round", async () => {
    const { clock, rules, state, pruner } = setUp();
    state.removable = 2 * BATCH;
    pruner.start();
    const beginsAtMs = clock.nowMs() + INTERVAL_MS;
    await clock.advance(INTERVAL_MS + 10 * BATCH_TAKES_MS);
    assert.deepEqual(rules, Array(3).fill({ olderThanMs: beginsAtMs - DAY_MS, perApp: 100, limit: BATCH }));
    await pruner.stop();
  });

  test("logs an outage once, and tries again with the next round", async () => {
    const { clock, rules, errors, state, pruner } = setUp();
    pruner.start();
    state.isDown = true;
    await clock.advance(3 * INTERVAL_MS);
    assert.deepEqual([rules.length, errors.length], [3, 1]);
    state.isDown = false;
    await clock.advance(INTERVAL_MS + BATCH_TAKES_MS);
    state.isDown = true;
    await clock.advance(2 * INTERVAL_MS);
    assert.deepEqual([rules.length, errors.length], [6, 2]);
    await pruner.stop();
  });

  test("ends with the batch that has begun, and asks for nothing more", async () => {
    const { clock, rules, state, pruner } = setUp();
    state.removable = 2 * BATCH;
    pruner.start();
    await clock.advance(INTERVAL_MS);
    let isStopped = false;
    const stopped = Promise.all([pruner.stop(), pruner.stop()]).then(() => (isStopped = true));
    await clock.advance(BATCH_TAKES_MS - 1);
    assert.equal(isStopped, false);
    await clock.advance(1);
    await stopped;
    assert.deepEqual([rules.length, clock.pending], [1, 0]);
  });

  test("leaves no timer behind when it is stopped between two rounds, or was never started", async () => {
    const { clock, pruner } = setUp();
    pruner.start();
    await pruner.stop();
    assert.equal(clock.pending, 0);
    await setUp().pruner.stop();
  });
});

describe("the retention", () => {
  test("without limits keeps all calls", () => {
    const rule = ruleOf({ keepMs: undefined, callsPerAppMax: undefined }, DAY_MS);
    assert.deepEqual(rule, { olderThanMs: 0, perApp: Number.POSITIVE_INFINITY });
  });

  test("longer than the time since 1970 keeps all calls", () => {
    assert.equal(ruleOf({ keepMs: 2 * DAY_MS, callsPerAppMax: 1 }, DAY_MS).olderThanMs, 0);
  });
});
