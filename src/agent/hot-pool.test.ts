import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FnError } from "../model/errors.ts";
import { createRig, echo, type FakeCall, held, outcomes, type Rig, rest } from "./rig.suite.ts";
import { FIRST_RUN_MS_MAX } from "./start-rule.ts";

describe("a hot container", () => {
  test("is started by the first call and serves those after it", async () => {
    const rig = createRig(echo);
    assert.equal(await rig.call("f", { body: "one" }).outcome, "one");
    await rest(rig);
    assert.equal(await rig.call("f", { body: "two" }).outcome, "two");
    assert.equal(rig.driver.counts.started, 1);
  });

  test("gets what the function's config, the app's and the platform say, and the node's name", async () => {
    let seen: Readonly<Record<string, string>> = {};
    const rig = createRig(({ process, answer }) => {
      seen = process.env;
      answer("");
    });
    await rig.call("f", { settings: { config: { COLOUR: "red" } } }).outcome;
    assert.equal(seen.COLOUR, "red");
    assert.equal(seen.FN_PATH, "/f");
    assert.equal(seen.HOSTNAME, "node-1");
  });

  test("is removed when its idle timeout is over, and not before", async () => {
    const rig = createRig(echo);
    await rig.call("f", { settings: { idleTimeoutS: 10 } }).outcome;
    await rest(rig);
    await rig.clock.advance(9_999);
    assert.equal(rig.driver.counts.alive, 1);
    await rig.clock.advance(1);
    assert.equal(rig.driver.counts.alive, 0);
  });

  test("that was used again has its whole idle timeout again", async () => {
    const rig = createRig(echo);
    const settings = { idleTimeoutS: 10 };
    await rig.call("f", { settings }).outcome;
    await rest(rig);
    await rig.clock.advance(9_000);
    await rig.call("f", { settings }).outcome;
    await rest(rig);
    await rig.clock.advance(9_000);
    assert.equal(rig.driver.counts.alive, 1);
  });

  test("that ends while idle is replaced by the next call", async () => {
    let last: FakeCall | undefined;
    const rig = createRig((call) => {
      last = call;
      call.answer("ok");
    });
    await rig.call("f").outcome;
    await rest(rig);
    last?.process.exit();
    await rest(rig);
    assert.equal(rig.driver.counts.alive, 0);
    assert.equal(await rig.call("f").outcome, "ok");
  });

  test("of one configuration is not used for another", async () => {
    const rig = createRig(echo);
    await rig.call("f").outcome;
    await rig.call("f", { settings: { memoryMib: 64 } }).outcome;
    assert.equal(rig.driver.counts.started, 2);
  });
});

describe("the gate while there is no container", () => {
  test("of ten first calls one starts a container, and the others wait for it", async () => {
    const { calls, hold } = held();
    const rig = createRig(hold, { script: { onStep: (step) => (step === "start" ? 100 : undefined) } });
    const ten = Array.from({ length: 10 }, (_, i) => rig.call("f", { body: `${i}` }));
    await rest(rig);
    assert.equal(rig.driver.counts.alive, 1);
    await rig.clock.advance(100);
    await rest(rig);
    assert.equal(calls.length, 1, "the first call has the first container");
    assert.equal(rig.driver.counts.alive, 1, "and is given a moment to show how quick it is");
    await rig.clock.advance(FIRST_RUN_MS_MAX);
    assert.equal(rig.driver.counts.alive, 3, "then two more are starting, as many as may at a time");
    await rig.clock.advance(100);
    while (calls.length > 0) {
      calls.shift()?.answer("ok");
      await rest(rig);
    }
    assert.deepEqual(await outcomes(ten), Array(10).fill("ok"));
  });

  test("closes again when the last container has gone", async () => {
    const rig = createRig(echo, { script: { onStep: (step) => (step === "start" ? 100 : undefined) } });
    const settings = { idleTimeoutS: 1 };
    const first = rig.call("f", { settings });
    await rig.clock.advance(100);
    await first.outcome;
    await rest(rig);
    await rig.clock.advance(1000);
    assert.equal(rig.driver.counts.alive, 0);
    const five = Array.from({ length: 5 }, () => rig.call("f", { settings }));
    await rest(rig);
    assert.equal(rig.driver.counts.alive, 1);
    await rig.clock.advance(1000);
    await outcomes(five);
  });

  test("a function that cannot start costs one container for all its callers, who learn why", async () => {
    const rig = createRig(echo, {
      script: {
        onStep(step) {
          if (step === "start") throw new FnError("container_start_failed");
          return undefined;
        },
      },
    });
    const ten = Array.from({ length: 10 }, () => rig.call("f"));
    await rig.clock.advance(100);
    assert.deepEqual(await outcomes(ten), Array(10).fill("container_start_failed"));
    await rest(rig);
    assert.equal(rig.driver.counts.alive, 0);
  });

  test("a function that could not start is tried again after a second, and its callers learn why until then", async () => {
    let tries = 0;
    const rig = createRig(echo, {
      script: {
        onStep(step) {
          if (step === "start" && tries++ === 0) throw new FnError("container_start_failed");
          return undefined;
        },
      },
    });
    const first = rig.call("f");
    await rig.clock.advance(100);
    assert.equal(await first.outcome, "container_start_failed");
    assert.equal(await rig.call("f").outcome, "container_start_failed");
    assert.equal(tries, 1);
    await rig.clock.advance(1000);
    assert.equal(await rig.call("f", { body: "now" }).outcome, "now");
  });

  test("fifty first callers of a function that turns out to be quick share its first container", async () => {
    const rig = createRig(echo, { script: { onStep: (step) => (step === "start" ? 100 : undefined) } });
    const fifty = Array.from({ length: 50 }, (_, i) => rig.call("f", { body: `${i}` }));
    await rig.clock.advance(100);
    assert.deepEqual(
      await outcomes(fifty),
      Array.from({ length: 50 }, (_, i) => `${i}`),
    );
    await rig.clock.advance(500);
    assert.equal(rig.driver.counts.started, 1);
  });

  test("containers that are not needed any more are not started", async () => {
    const { calls, hold } = held();
    const rig = createRig(hold, { script: { onStep: (step) => (step === "start" ? 100 : undefined) } });
    const fifty = Array.from({ length: 50 }, (_, i) => rig.call("f", { body: `${i}` }));
    await rig.clock.advance(100);
    await rest(rig);
    await rig.clock.advance(FIRST_RUN_MS_MAX);
    while (calls.length > 0) {
      calls.shift()?.answer("ok");
      await rest(rig);
    }
    assert.deepEqual(await outcomes(fifty), Array(50).fill("ok"));
    await rig.clock.advance(500);
    assert.equal(rig.driver.counts.started, 3, "the first, and the two whose start had begun");
  });
});

describe("quick and slow functions", () => {
  const startMs = 200;
  const script = { onStep: (step: string) => (step === "start" ? startMs : undefined) };

  /** So that its times are known: of the start, and of a run that takes no time. */
  async function callTwice(rig: Rig): Promise<void> {
    const first = rig.call("f");
    await rig.clock.advance(startMs);
    await first.outcome;
    await rest(rig);
    await rig.call("f").outcome;
    await rest(rig);
  }

  test("32 callers of a quick function share one container, once its times are known", async () => {
    const rig = createRig(echo, { script });
    await callTwice(rig);
    const before = rig.driver.counts.started;
    await outcomes(Array.from({ length: 32 }, () => rig.call("f")));
    await rig.clock.advance(startMs);
    assert.equal(rig.driver.counts.started, before);
  });

  test("a quick function that becomes slow gets more containers, though no call has ended yet", async () => {
    const { calls, hold } = held();
    const rig = createRig((call) => (call.body === "slow" ? hold(call) : call.answer("ok")), { script });
    await callTwice(rig);
    const slow = Array.from({ length: 3 }, () => rig.call("f", { body: "slow" }));
    await rest(rig);
    assert.equal(calls.length, 1);
    await rig.clock.advance(3 * startMs);
    await rest(rig);
    assert.equal(calls.length, 3, "each has its own container");
    for (const call of calls) call.answer("done");
    assert.deepEqual(await outcomes(slow), ["done", "done", "done"]);
  });
});

describe("a function nobody calls", () => {
  test("is forgotten after an hour: no timer and no memory is left of it", async () => {
    const rig = createRig(echo);
    await rig.call("f").outcome;
    await rest(rig);
    await rig.clock.advance(30_000);
    assert.equal(rig.clock.pending, 1);
    await rig.clock.advance(60 * 60 * 1000);
    assert.equal(rig.clock.pending, 0);
    assert.equal(await rig.call("f", { body: "again" }).outcome, "again");
  });
});
