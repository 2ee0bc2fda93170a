import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { settle } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import { createRig, type FakeCall, type Rig, type Running } from "./rig.suite.ts";

const echo = ({ body, answer }: FakeCall) => answer(body);

/** Functions that answer when the test says so; the calls they hold, in the order in which they came. */
function held() {
  const calls: FakeCall[] = [];
  return { calls, hold: (call: FakeCall) => void calls.push(call) };
}

/** Lets streams, promises and what is done one turn later come to rest. */
async function rest(rig: Rig): Promise<void> {
  for (let i = 0; i < 10; i++) await rig.clock.advance(0);
  await settle();
}

function outcomes(calls: readonly Running[]): Promise<string[]> {
  return Promise.all(calls.map(({ outcome }) => outcome));
}

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

describe("a container in doubt is never used again", () => {
  const failures: readonly (readonly [what: string, fail: (call: FakeCall) => void, code: string])[] = [
    ["it printed garbage", ({ process }) => process.stdout.write("garbage"), "answer_invalid"],
    ["it exited with 3", ({ process }) => process.exit({ code: 3 }), "container_exited"],
    ["it exited with 0", ({ process }) => process.exit(), "container_exited"],
    [
      "it was out of memory",
      ({ process }) => process.exit({ code: 137, outOfMemory: true }),
      "container_out_of_memory",
    ],
    ["it did not answer in time", () => {}, "call_timeout"],
  ];
  for (const [what, fail, code] of failures) {
    test(`because ${what}: the call fails with ${code}, and the next one has a new container`, async () => {
      const rig = createRig((call) => (call.body === "fail" ? fail(call) : call.answer("fine")));
      const settings = { timeoutS: 1 };
      assert.equal(await rig.call("f", { body: "first", settings }).outcome, "fine");
      await rest(rig);
      const failing = rig.call("f", { body: "fail", settings });
      await rig.clock.advance(1000);
      assert.equal(await failing.outcome, code);
      await rest(rig);
      assert.equal(rig.driver.counts.alive, 0);
      assert.equal(await rig.call("f", { body: "next", settings }).outcome, "fine");
      assert.equal(rig.driver.counts.started, 2);
    });
  }

  test("because its caller left", async () => {
    const { calls, hold } = held();
    const rig = createRig(hold);
    const call = rig.call("f");
    await rest(rig);
    call.cancel.abort(new FnError("client_gone"));
    assert.equal(await call.outcome, "client_gone");
    await rest(rig);
    assert.equal(rig.driver.counts.alive, 0);
    calls[0]?.answer("too late");
  });

  test("because it said more than it was asked", async () => {
    const rig = createRig(({ body, answer }) => {
      answer(body);
      if (body === "two") answer("stolen");
    });
    assert.equal(await rig.call("f", { body: "two" }).outcome, "two");
    await rest(rig);
    assert.equal(await rig.call("f", { body: "three" }).outcome, "three");
    assert.equal(rig.driver.counts.started, 2);
  });
});

describe("records and logs", () => {
  test("a call is recorded behind its answer, with its times and what it wrote to stderr", async () => {
    const rig = createRig(({ process, answer }) => {
      process.stderr.write("hello\n");
      answer("ok");
    });
    const call = rig.call("f");
    await call.outcome;
    assert.equal(rig.records.length, 0);
    await rest(rig);
    await rig.clock.advance(30);
    const [record] = rig.records;
    assert.equal(record?.call.id, call.id);
    assert.equal(record?.call.status, "success");
    assert.equal(record?.call.error, undefined);
    assert.equal(record?.log, "hello\n");
  });

  test("stderr of one call is in no other's log", async () => {
    const rig = createRig(({ body, process, answer }) => {
      process.stderr.write(body);
      answer("ok");
    });
    const calls = Array.from({ length: 20 }, (_, i) => rig.call("f", { body: `said by ${i}` }));
    await outcomes(calls);
    await rest(rig);
    await rig.clock.advance(30);
    const logs = new Map(rig.records.map(({ call, log }) => [call.id, log]));
    for (const [i, { id }] of calls.entries()) assert.equal(logs.get(id), `said by ${i}`);
  });

  test("stderr that is still on its way when the answer comes is in the log too", async () => {
    let last: FakeCall | undefined;
    const rig = createRig((call) => {
      last = call;
      call.process.stderr.write("before, ");
      call.answer("ok");
    });
    await rig.call("f").outcome;
    await rest(rig);
    last?.process.stderr.write("after");
    await rig.clock.advance(100);
    assert.equal(rig.records[0]?.log, "before, after");
  });

  test("what is written between calls is in no log", async () => {
    let last: FakeCall | undefined;
    const rig = createRig((call) => {
      last = call;
      call.process.stderr.write(call.body);
      call.answer("ok");
    });
    await rig.call("f", { body: "one" }).outcome;
    await rest(rig);
    await rig.clock.advance(100);
    last?.process.stderr.write("between");
    await rest(rig);
    await rig.call("f", { body: "two" }).outcome;
    await rest(rig);
    await rig.clock.advance(100);
    assert.deepEqual(
      rig.records.map(({ log }) => log),
      ["one", "two"],
    );
  });

  test("a timeout is recorded as one", async () => {
    const rig = createRig(() => {});
    const call = rig.call("f", { settings: { timeoutS: 1 } });
    await rig.clock.advance(1000);
    await call.outcome;
    await rest(rig);
    await rig.clock.advance(10);
    assert.equal(rig.records[0]?.call.status, "timeout");
  });
});

describe("stopping", () => {
  test("takes no new call, lets those that were taken end, and leaves no container and no timer", async () => {
    const { calls, hold } = held();
    const rig = createRig(hold);
    const running = rig.call("f");
    await rest(rig);
    const stopped = rig.agent.stop(60_000);
    assert.equal(await rig.call("f").outcome, "server_stopping");
    calls[0]?.answer("done");
    assert.equal(await running.outcome, "done");
    await rest(rig);
    await stopped;
    assert.equal(rig.driver.counts.alive, 0);
    assert.equal(rig.clock.pending, 0);
    assert.equal(rig.records.length, 1);
  });

  test("ends what is still running when the grace is over", async () => {
    const rig = createRig(() => {});
    const running = rig.call("f");
    await rest(rig);
    const stopped = rig.agent.stop(5000);
    await rig.clock.advance(5000);
    assert.equal(await running.outcome, "server_stopping");
    await stopped;
    assert.equal(rig.driver.counts.alive, 0);
  });

  test("removes a container that was still starting", async () => {
    const rig = createRig(echo, { script: { onStep: (step) => (step === "start" ? 60_000 : undefined) } });
    const call = rig.call("f");
    await rest(rig);
    call.cancel.abort(new FnError("client_gone"));
    await call.outcome;
    const stopped = rig.agent.stop(0);
    await rig.clock.advance(100);
    await stopped;
    assert.equal(rig.driver.counts.alive, 0);
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
