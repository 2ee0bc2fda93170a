import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { echo, held } from "../rig.suite.ts";
import { createAsyncRig, onlyEnd } from "./async-rig.suite.ts";

const never = () => {};

describe("a node under load", () => {
  test("claims no more calls than its memory has room for, and goes on when one has ended", async () => {
    const { calls, hold } = held();
    const rig = createAsyncRig(hold, { memoryMib: 128, timeoutS: 3600 });
    const node = rig.node({ agent: { memoryMib: 1024 } });
    for (let i = 0; i < 10; i++) rig.enqueue();
    await rig.pass(10_000);
    // Seven are the first that have four fifths of it: there is room for a caller's function beside them.
    assert.deepEqual([calls.length, node.observed.claimed], [7, 7]);
    calls[0]?.answer("done");
    await rig.pass(0);
    assert.deepEqual([calls.length, node.observed.claimed], [8, 8]);
  });

  test("leaves the queue alone while it has no room", async () => {
    const { hold } = held();
    const rig = createAsyncRig(hold, { memoryMib: 1024, timeoutS: 3600 });
    rig.node();
    for (let i = 0; i < 3; i++) rig.enqueue();
    await rig.pass(10_000);
    const { claim, nextDueInMs } = { ...rig.queue.asked };
    await rig.pass(60_000);
    assert.deepEqual([rig.queue.asked.claim, rig.queue.asked.nextDueInMs], [claim, nextDueInMs]);
  });

  test("claims nothing while a caller's function waits for memory", async () => {
    const rig = createAsyncRig(never);
    const node = rig.node({ agent: { memoryMib: 256 } });
    for (const name of ["a", "b", "c"]) void node.call(name, { settings: { timeoutS: 100 } }).outcome;
    await rig.pass(0);
    rig.enqueue();
    await rig.pass(10_000);
    assert.equal(node.observed.claimed, 0);
  });
});

describe("stopping", () => {
  test("lets a running call end within the grace", async () => {
    const { calls, hold } = held();
    const rig = createAsyncRig(hold);
    const node = rig.node();
    rig.enqueue();
    await rig.pass(1000);
    const stopped = node.calls.stop(10_000);
    await rig.pass(5000);
    calls[0]?.answer("done");
    await rig.pass(100);
    await stopped;
    assert.equal(onlyEnd(rig.queue).record.call.status, "success");
  });

  test("puts back at once what no container has, and after the grace what still runs", async () => {
    const { hold } = held();
    const rig = createAsyncRig(hold, { timeoutS: 120 });
    const node = rig.node({ agent: { containersPerFnMax: 1 } });
    const ids = ["first", "second"].map((body) => rig.enqueue(body));
    await rig.pass(1000);
    const stopped = node.calls.stop(10_000);
    await rig.pass(0);
    assert.deepEqual(
      rig.queue.putBacks.map(({ callId, wasRun }) => [callId, wasRun]),
      [[ids[1], false]],
    );
    await rig.pass(10_000);
    await stopped;
    assert.deepEqual(
      rig.queue.putBacks.map(({ callId, wasRun, delayMs }) => [callId, wasRun, delayMs]),
      [
        [ids[1], false, 0],
        [ids[0], true, 0],
      ],
    );
    assert.deepEqual(rig.queue.ids("waiting"), ids);
  });

  test("claims nothing more, and leaves no timer", async () => {
    const rig = createAsyncRig(echo);
    const node = rig.node();
    rig.enqueue();
    await rig.pass(1000);
    await node.calls.stop(10_000);
    await node.agent.stop(0);
    rig.enqueue();
    await rig.pass(60_000);
    assert.deepEqual([rig.queue.ends.length, rig.queue.ids("waiting").length], [1, 1]);
    assert.equal(rig.clock.pending, 0);
  });

  test("does not wait for a store that is away longer than the grace", async () => {
    const { calls, hold } = held();
    const rig = createAsyncRig(hold);
    const node = rig.node();
    rig.enqueue();
    await rig.pass(1000);
    rig.queue.isDown = true;
    calls[0]?.answer("done");
    await rig.pass(0);
    const stopped = node.calls.stop(10_000);
    await rig.pass(10_000);
    await stopped;
    assert.deepEqual(rig.queue.ends, []);
  });

  test("may be asked for twice", async () => {
    const node = createAsyncRig(echo).node();
    assert.equal(node.calls.stop(0), node.calls.stop(0));
  });
});
