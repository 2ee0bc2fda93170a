import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { settle } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import { createRig, echo, type FakeCall, held, outcomes, type Rig, rest } from "./rig.suite.ts";

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
    assert.equal(rig.driver.counts.alive, 3, "and two more are starting, as many as may at a time");
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

  test("containers that are not needed any more are not started", async () => {
    const rig = createRig(echo, { script: { onStep: (step) => (step === "start" ? 100 : undefined) } });
    const fifty = Array.from({ length: 50 }, (_, i) => rig.call("f", { body: `${i}` }));
    await rig.clock.advance(100);
    assert.deepEqual(
      await outcomes(fifty),
      Array.from({ length: 50 }, (_, i) => `${i}`),
    );
    await rig.clock.advance(500);
    assert.equal(rig.driver.counts.started, 3, "the first, and the two whose start had begun");
  });
});

describe("waiting", () => {
  test("a call waits half of its timeout for a container and is then told that the server is busy", async () => {
    const { hold } = held();
    const rig = createRig(hold, { agent: { memoryMib: 128 } });
    void rig.call("f");
    await rest(rig);
    const waiting = rig.call("f", { settings: { timeoutS: 30 } });
    await rig.clock.advance(14_999);
    assert.equal(await Promise.race([waiting.outcome, settle().then(() => "waits")]), "waits");
    await rig.clock.advance(1);
    assert.equal(await waiting.outcome, "server_busy");
  });

  test("a busy function's caller is told to come back when the line should be gone", async () => {
    const { calls, hold } = held();
    const rig = createRig(hold, { agent: { memoryMib: 128 } });
    const first = rig.call("f");
    await rest(rig);
    await rig.clock.advance(4000);
    calls.shift()?.answer("so long");
    await first.outcome;
    await rest(rig);
    const [running, ...waiting] = Array.from({ length: 4 }, () => rig.call("f"));
    await rig.clock.advance(15_000);
    await Promise.all(waiting.map(({ outcome }) => outcome));
    assert.equal(waiting.at(-1)?.error()?.retryAfterS, 4, "one is left in line, and a call takes 4 s");
    running?.cancel.abort(new FnError("client_gone"));
  });

  test("a call that never ran is recorded all the same", async () => {
    const rig = createRig(held().hold, { agent: { memoryMib: 128 } });
    void rig.call("f");
    const waiting = rig.call("f");
    await rig.clock.advance(15_000);
    await waiting.outcome;
    await rig.clock.advance(10);
    const record = rig.records.find(({ call }) => call.id === waiting.id);
    assert.equal(record?.call.status, "error");
    assert.equal(record?.call.startedAtMs, undefined);
  });

  test("what a call has waited is told when it starts", async () => {
    const rig = createRig(echo, { script: { onStep: (step) => (step === "start" ? 250 : undefined) } });
    const call = rig.call("f");
    await rig.clock.advance(250);
    await call.outcome;
    assert.equal(call.waitMs(), 250);
  });

  test("a caller that leaves while it waits holds nothing up", async () => {
    const { calls, hold } = held();
    const rig = createRig(hold, { agent: { memoryMib: 128 } });
    const [first, second, third] = ["a", "b", "c"].map((body) => rig.call("f", { body }));
    await rest(rig);
    second?.cancel.abort(new FnError("client_gone"));
    assert.equal(await second?.outcome, "client_gone");
    calls[0]?.answer("a");
    await rest(rig);
    calls[1]?.answer("c");
    assert.deepEqual([await first?.outcome, await third?.outcome], ["a", "c"]);
  });
});

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
