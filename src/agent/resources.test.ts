import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FnError } from "../model/errors.ts";
import { createRig, echo, held, outcomes, rest } from "./rig.suite.ts";

describe("memory", () => {
  test("bounds the containers, and those that wait get what comes free", async () => {
    const { calls, hold } = held();
    const rig = createRig(hold, { agent: { memoryMib: 256 } });
    const three = ["a", "b", "c"].map((body) => rig.call(body, { body, settings: { idleTimeoutS: 3600 } }));
    await rest(rig);
    assert.equal(rig.driver.counts.alive, 2);
    calls[0]?.answer("done");
    await rest(rig);
    assert.equal(await three[0]?.outcome, "done");
    assert.equal(rig.driver.counts.alive, 2, "the idle one has made room for the third");
    for (const call of calls.slice(1)) call.answer("done");
    assert.deepEqual(await outcomes(three), ["done", "done", "done"]);
  });

  test("is given back when a container is gone, whatever happened to it", async () => {
    const rig = createRig(({ process }) => process.exit({ code: 1 }), { agent: { memoryMib: 128 } });
    for (let i = 0; i < 5; i++) {
      const call = rig.call("f");
      await rig.clock.advance(200);
      assert.equal(await call.outcome, "container_exited");
    }
  });

  test("a call that needs more than there ever is learns so at once", async () => {
    const rig = createRig(echo, { agent: { memoryMib: 100 } });
    assert.equal(await rig.call("f").outcome, "resources_impossible");
  });

  test("the least recently used function makes room first", async () => {
    const rig = createRig(echo, { agent: { memoryMib: 256 } });
    for (const name of ["a", "b", "a", "c", "a"]) {
      await rig.call(name).outcome;
      await rest(rig);
    }
    assert.equal(rig.driver.counts.started, 3, "a was never evicted");
  });
});

describe("cpu", () => {
  test("bounds the containers that have a share of it, and idle ones make room", async () => {
    const { calls, hold } = held();
    const rig = createRig(hold, { agent: { cpusMilli: 1000 } });
    const settings = { cpusMilli: 600 };
    const two = ["a", "b"].map((name) => rig.call(name, { settings }));
    await rest(rig);
    assert.equal(rig.driver.counts.alive, 1);
    calls[0]?.answer("done");
    await rest(rig);
    calls[1]?.answer("done");
    assert.deepEqual(await outcomes(two), ["done", "done"]);
  });

  test("without a share is not counted", async () => {
    const rig = createRig(held().hold, { agent: { cpusMilli: 0 } });
    void rig.call("a");
    void rig.call("b");
    await rest(rig);
    assert.equal(rig.driver.counts.alive, 2);
  });

  test("more than there ever is is refused at once", async () => {
    const rig = createRig(echo, { agent: { cpusMilli: 1000 } });
    assert.equal(await rig.call("a", { settings: { cpusMilli: 1001 } }).outcome, "resources_impossible");
  });
});

describe("a cap on the containers of one function", () => {
  test("holds, however many calls wait", async () => {
    const { calls, hold } = held();
    const rig = createRig(hold, { agent: { containersPerFnMax: 2 } });
    const five = Array.from({ length: 5 }, () => rig.call("f"));
    await rest(rig);
    await rig.clock.advance(1000);
    assert.equal(rig.driver.counts.alive, 2);
    while (calls.length > 0) {
      calls.shift()?.answer("ok");
      await rest(rig);
    }
    assert.deepEqual(await outcomes(five), Array(5).fill("ok"));
    assert.equal(rig.driver.counts.started, 2);
  });

  test("holds for containers of one call each too, whose callers wait for their turn", async () => {
    const { calls, hold } = held();
    const rig = createRig(hold, { agent: { containersPerFnMax: 2 } });
    const settings = { format: "default" } as const;
    const script = Array.from({ length: 3 }, () => rig.call("f", { settings }));
    await rest(rig);
    assert.equal(rig.driver.counts.alive, 2);
    assert.equal(rig.agent.state.waiting, 1);
    for (const { cancel } of script) cancel.abort(new FnError("client_gone"));
    assert.deepEqual(await outcomes(script), Array(3).fill("client_gone"));
    assert.equal(calls.length, 0);
  });

  test("of one function is no cap on another", async () => {
    const rig = createRig(held().hold, { agent: { containersPerFnMax: 1 } });
    for (const name of ["a", "b"]) void rig.call(name);
    await rest(rig);
    assert.equal(rig.driver.counts.alive, 2);
  });
});
