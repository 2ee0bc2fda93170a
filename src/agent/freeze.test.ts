import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FakeStep } from "../driver/fake/driver.ts";
import { FnError } from "../model/errors.ts";
import { createRig, echo, type Rig, rest } from "./rig.suite.ts";

describe("an idle container, when idle ones are to be paused", () => {
  const freezeIdleMs = 50;
  type Steps = Partial<Record<FakeStep, () => number | undefined>>;

  /** A rig with a container that has served one call; the steps say how pausing goes. */
  async function createIdle(steps: Steps = {}): Promise<Rig> {
    const rig = createRig(echo, { agent: { freezeIdleMs }, script: { onStep: (step) => steps[step]?.() } });
    await rig.call("f").outcome;
    await rest(rig);
    return rig;
  }
  const fail = () => {
    throw new FnError("container_exited");
  };

  test("is paused after that time, and not before", async () => {
    const rig = await createIdle();
    await rig.clock.advance(freezeIdleMs - 1);
    assert.equal(rig.driver.counts.paused, 0);
    await rig.clock.advance(1);
    assert.equal(rig.driver.counts.paused, 1);
  });

  test("takes its next call when it runs again, which counts as waiting", async () => {
    const rig = await createIdle({ unpause: () => 7 });
    await rig.clock.advance(freezeIdleMs);
    const call = rig.call("f", { body: "awake" });
    await rig.clock.advance(7);
    assert.equal(await call.outcome, "awake");
    assert.equal(call.waitMs(), 7);
    assert.equal(rig.driver.counts.started, 1);
  });

  test("is removed at its idle timeout all the same", async () => {
    const rig = await createIdle();
    await rig.clock.advance(30_000);
    assert.equal(rig.driver.counts.alive, 0);
  });

  test("that does not wake up is removed, and its call goes to another", async () => {
    const rig = await createIdle({ unpause: fail });
    await rig.clock.advance(freezeIdleMs);
    assert.equal(await rig.call("f", { body: "fine" }).outcome, "fine");
    assert.equal(rig.driver.counts.started, 2);
    assert.equal(rig.driver.counts.alive, 1);
  });

  test("that takes too long to wake up is given up", async () => {
    const rig = await createIdle({ unpause: () => 60_000 });
    await rig.clock.advance(freezeIdleMs);
    const call = rig.call("f", { body: "fine" });
    await rig.clock.advance(5000);
    await rest(rig);
    assert.equal(await call.outcome, "fine");
    assert.equal(rig.driver.counts.started, 2);
    await rig.clock.advance(60_000);
  });

  test("that cannot be paused is removed before a call meets it", async () => {
    const rig = await createIdle({ pause: fail });
    await rig.clock.advance(freezeIdleMs);
    await rest(rig);
    assert.equal(rig.driver.counts.alive, 0);
  });

  test("that is called while it is being paused is woken as soon as it is", async () => {
    const rig = await createIdle({ pause: () => 10 });
    await rig.clock.advance(freezeIdleMs);
    const call = rig.call("f", { body: "quick" });
    await rig.clock.advance(10);
    await rest(rig);
    assert.equal(await call.outcome, "quick");
    assert.equal(rig.driver.counts.started, 1);
  });

  test("whose caller leaves while it wakes up serves the next one", async () => {
    const rig = await createIdle({ unpause: () => 10 });
    await rig.clock.advance(freezeIdleMs);
    const leaving = rig.call("f");
    await rest(rig);
    leaving.cancel.abort(new FnError("client_gone"));
    assert.equal(await leaving.outcome, "client_gone");
    await rig.clock.advance(10);
    assert.equal(await rig.call("f", { body: "next" }).outcome, "next");
    assert.equal(rig.driver.counts.started, 1);
  });
});
