import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FakeStep } from "../driver/fake/driver.ts";
import { FnError } from "../model/errors.ts";
import { createRig, echo, held, rest } from "./rig.suite.ts";

/** A start takes 200 ms. */
const slowStart = { script: { onStep: (step: FakeStep) => (step === "start" ? 200 : undefined) } };

describe("a function that is prewarmed", () => {
  test("has a container before its first call, which does not wait", async () => {
    const rig = createRig(echo, slowStart);
    const outcome = rig.prewarm("f");
    await rig.clock.advance(200);
    await rest(rig);
    assert.equal(await outcome, "started");
    assert.deepEqual(rig.agent.state.containers, { starting: 0, idle: 1, busy: 0 });
    const call = rig.call("f", { body: "hi" });
    await rest(rig);
    assert.equal(await call.outcome, "hi");
    assert.equal(call.waitMs(), 0);
  });

  test("has it started for no call, and so its first call tells of no start", async () => {
    const rig = createRig(echo);
    void rig.prewarm("f");
    await rest(rig);
    await rig.call("f").outcome;
    await rest(rig);
    await rig.agent.flushCalls();
    assert.deepEqual(Object.keys(rig.records[0]?.call.timeline ?? {}), ["queue", "run"]);
  });

  test("keeps it for as long as one that a call had asked for", async () => {
    const rig = createRig(echo);
    void rig.prewarm("f", { idleTimeoutS: 30 });
    await rest(rig);
    await rig.clock.advance(29_000);
    assert.equal(rig.driver.counts.alive, 1);
    await rig.clock.advance(1_000);
    await rest(rig);
    assert.equal(rig.driver.counts.alive, 0);
  });

  test("shares it with a call that comes while it starts", async () => {
    const rig = createRig(echo, slowStart);
    const outcome = rig.prewarm("f");
    await rig.clock.advance(100);
    const call = rig.call("f", { body: "hi" });
    await rig.clock.advance(100);
    await rest(rig);
    assert.deepEqual([await outcome, await call.outcome], ["started", "hi"]);
    assert.equal(rig.driver.counts.alive, 1);
  });

  test("needs nothing when it has a container, or one is on its way", async () => {
    const rig = createRig(echo, slowStart);
    const first = rig.prewarm("f");
    assert.equal(rig.prewarm("f"), undefined);
    const call = rig.call("g");
    await rest(rig);
    assert.equal(rig.prewarm("g"), undefined);
    await rig.clock.advance(200);
    await Promise.all([first, call.outcome]);
    assert.equal(rig.prewarm("f"), undefined);
    assert.equal(rig.driver.counts.alive, 2);
  });

  test("gets its image only, when its containers serve one call each", async () => {
    const rig = createRig(echo);
    assert.equal(await rig.prewarm("f", { format: "default" }), "pulled");
    assert.equal(rig.driver.counts.alive, 0);
  });

  test("gets no memory that is not free: idle containers stay", async () => {
    const rig = createRig(echo, { agent: { memoryMib: 256 } });
    await rig.call("a", { settings: { memoryMib: 256 } }).outcome;
    await rest(rig);
    assert.equal(await rig.prewarm("f"), "no_room");
    assert.equal(rig.driver.counts.alive, 1);
  });

  test("gets no memory that a call waits for", async () => {
    const { hold } = held();
    const rig = createRig(hold, { agent: { memoryMib: 256 } });
    rig.call("a", { settings: { memoryMib: 128 } });
    await rest(rig);
    rig.call("b", { settings: { memoryMib: 256 } });
    await rest(rig);
    assert.equal(await rig.prewarm("f", { memoryMib: 128 }), "no_room");
  });

  test("may fail, which does no harm to its calls", async () => {
    let isBroken = true;
    const rig = createRig(echo, {
      script: {
        onStep: (step) => {
          if (step === "prepare" && isBroken) throw new FnError("image_not_found");
          return undefined;
        },
      },
    });
    assert.equal(await rig.prewarm("f"), "failed");
    isBroken = false;
    const call = rig.call("f", { body: "hi" });
    await rest(rig);
    assert.equal(await call.outcome, "hi");
  });

  test("waits behind those that were asked for before: two at a time", async () => {
    const rig = createRig(echo, slowStart);
    const outcomes = ["a", "b", "c"].map((name) => rig.prewarm(name));
    await rig.clock.advance(199);
    assert.equal(rig.agent.state.containers.starting, 2);
    await rig.clock.advance(1);
    await rest(rig);
    assert.equal(rig.agent.state.containers.starting, 1);
    await rig.clock.advance(200);
    assert.deepEqual(await Promise.all(outcomes), ["started", "started", "started"]);
  });

  test("is let go when the agent stops", async () => {
    const rig = createRig(echo, slowStart);
    const outcomes = ["a", "b", "c"].map((name) => rig.prewarm(name));
    await rest(rig);
    const stopped = rig.agent.stop(0);
    await rig.clock.advance(1000);
    await stopped;
    assert.deepEqual(await Promise.all(outcomes), ["cancelled", "cancelled", "cancelled"]);
    assert.equal(rig.driver.counts.alive, 0);
    assert.equal(rig.prewarm("d"), undefined);
  });
});
