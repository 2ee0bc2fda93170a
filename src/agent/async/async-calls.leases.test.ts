import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FnError } from "../../model/errors.ts";
import { held } from "../rig.suite.ts";
import { LEASE_MS } from "./async-calls.ts";
import { createAsyncRig, onlyEnd, processOf } from "./async-rig.suite.ts";

const never = () => {};

describe("a lease", () => {
  test("is renewed while the call runs", async () => {
    const { calls, hold } = held();
    const rig = createAsyncRig(hold, { timeoutS: 120 });
    rig.node();
    rig.node();
    rig.enqueue();
    await rig.pass(3 * LEASE_MS);
    assert.equal(calls.length, 1);
    calls[0]?.answer("done");
    await rig.pass(100);
    assert.equal(onlyEnd(rig.queue).record.call.status, "success");
  });

  test("of a node that vanished ends, and the next node runs the call again", async () => {
    const { calls, hold } = held();
    const rig = createAsyncRig(hold, { timeoutS: 120 });
    const process = processOf(rig.queue);
    rig.node({ async: { queue: process.queue } });
    rig.enqueue();
    await rig.pass(1000);
    process.vanish();
    rig.node();
    await rig.pass(LEASE_MS + 1000);
    assert.equal(calls.length, 2);
    calls[1]?.answer("done");
    await rig.pass(100);
    assert.equal(onlyEnd(rig.queue).record.call.attempts, 2);
  });

  test("that is gone when the call ends: the end is dropped", async () => {
    const { calls, hold } = held();
    const rig = createAsyncRig(hold, { timeoutS: 120 });
    const node = rig.node();
    const id = rig.enqueue();
    await rig.pass(1000);
    await rig.queue.cancel("shop", id);
    calls[0]?.answer("too late");
    await rig.pass(100);
    assert.deepEqual([rig.queue.ends, node.observed.lost], [[], 1]);
  });

  test("that ended, of a call that this node claims again: the run under way goes on", async () => {
    const { calls, hold } = held();
    const rig = createAsyncRig(hold, { timeoutS: 120 });
    const renew = () => Promise.reject(new FnError("store_unavailable"));
    rig.node({ async: { queue: { ...processOf(rig.queue).queue, renew } } });
    rig.enqueue();
    await rig.pass(2 * LEASE_MS);
    calls[0]?.answer("done");
    await rig.pass(100);
    assert.equal(calls.length, 1);
    assert.equal(onlyEnd(rig.queue).record.call.status, "success");
  });

  test("that ended before the end of its call could be told: the call is not run again", async () => {
    const { calls, hold } = held();
    const rig = createAsyncRig(hold, { timeoutS: 120 });
    const { queue } = processOf(rig.queue);
    const away = () => Promise.reject(new FnError("store_unavailable"));
    let finish: typeof queue.finish = away;
    rig.node({ async: { queue: { ...queue, renew: away, finish: (...end) => finish(...end) } } });
    rig.enqueue();
    await rig.pass(1000);
    calls[0]?.answer("done");
    await rig.pass(2 * LEASE_MS);
    finish = queue.finish;
    await rig.pass(20_000);
    assert.equal(calls.length, 1);
    assert.equal(onlyEnd(rig.queue).record.call.status, "success");
  });

  test("that is lost: nothing is told of the call any more, whatever comes of it", async () => {
    const rig = createAsyncRig(() => {}, { timeoutS: 120 });
    const node = rig.node({ async: { queue: { ...processOf(rig.queue).queue, renew: async () => [] } } });
    rig.enqueue();
    await rig.pass(LEASE_MS / 2);
    assert.deepEqual([rig.queue.ends, rig.queue.putBacks, node.observed.lost], [[], [], 1]);
  });

  test("is given up ten times by nodes that vanish, and then the call is dead without a run", async () => {
    const rig = createAsyncRig(never, { timeoutS: 120 });
    rig.enqueue();
    for (let nodes = 0; nodes < 12; nodes++) {
      const process = processOf(rig.queue);
      rig.node({ async: { queue: process.queue } });
      await rig.pass(1000);
      process.vanish();
      await rig.pass(LEASE_MS);
    }
    const { call } = onlyEnd(rig.queue).record;
    assert.deepEqual([call.status, call.isDead, call.attempts], ["error", true, 12]);
    assert.match(call.error ?? "", /vanished, 11 times/);
  });
});

describe("a queued call that is cancelled while it runs", () => {
  test("is ended with the next renewal, and nothing is stored", async () => {
    const rig = createAsyncRig(never, { timeoutS: 120 });
    const node = rig.node();
    const id = rig.enqueue();
    await rig.pass(1000);
    await rig.queue.cancel("shop", id);
    await rig.pass(LEASE_MS / 3);
    await rig.pass(0);
    assert.equal(node.driver.counts.alive, 0);
    assert.deepEqual([rig.queue.ends, rig.queue.putBacks, node.observed.lost], [[], [], 1]);
  });
});

describe("while the store is away", () => {
  test("the end of a call is kept until it is back", async () => {
    const { calls, hold } = held();
    const rig = createAsyncRig(hold);
    rig.node();
    rig.enqueue();
    await rig.pass(1000);
    rig.queue.isDown = true;
    calls[0]?.answer("done");
    await rig.pass(20_000);
    rig.queue.isDown = false;
    await rig.pass(10_000);
    assert.equal(onlyEnd(rig.queue).record.call.status, "success");
    assert.equal(calls.length, 1);
  });

  test("a run whose lease ended goes on when this node gets its call again", async () => {
    const { calls, hold } = held();
    const rig = createAsyncRig(hold, { timeoutS: 120 });
    rig.node();
    rig.enqueue();
    await rig.pass(1000);
    rig.queue.isDown = true;
    await rig.pass(2 * LEASE_MS);
    rig.queue.isDown = false;
    await rig.pass(15_000);
    calls[0]?.answer("done");
    await rig.pass(1000);
    assert.equal(calls.length, 1);
    assert.equal(onlyEnd(rig.queue).record.call.status, "success");
  });
});
