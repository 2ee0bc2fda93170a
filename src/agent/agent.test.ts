import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FnError } from "../model/errors.ts";
import type { Secrets } from "../model/secrets.ts";
import type { Submission } from "./agent.ts";
import { GATHER_MS } from "./recorder.ts";
import { createRig, echo, type FakeCall, held, outcomes, rest } from "./rig.suite.ts";

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
    await rig.clock.advance(20 + GATHER_MS);
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
    await rig.clock.advance(20 + GATHER_MS);
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

  test("the first call of a container tells how long its start took, and the next one only its own times", async () => {
    const durations: Partial<Record<string, number>> = { prepare: 5, create: 20, start: 300 };
    const rig = createRig(echo, { script: { onStep: (step) => durations[step] } });
    const first = rig.call("f");
    for (const ms of [5, 20, 300]) await rig.clock.advance(ms);
    await first.outcome;
    await rest(rig);
    await rig.call("f").outcome;
    await rest(rig);
    await rig.clock.advance(20 + GATHER_MS);
    assert.deepEqual(
      rig.records.map(({ call }) => call.timeline),
      [
        { queue: 0, pull: 5, create: 20, start: 300, init: 0, run: 0 },
        { queue: 0, run: 0 },
      ],
    );
  });

  test("a call whose submission says who keeps its record is recorded there, with its log, and nowhere else", async () => {
    const rig = createRig(({ process, answer }) => {
      process.stderr.write("hello\n");
      answer("ok");
    });
    const kept: string[] = [];
    const record: Submission["record"] = (call, log) => kept.push(`${call.status}: ${log.text()}`);
    await rig.call("f", { record }).outcome;
    await rest(rig);
    await rig.clock.advance(20 + GATHER_MS);
    assert.deepEqual([kept, rig.records], [["success: hello\n"], []]);
  });

  test("a timeout is recorded as one", async () => {
    const rig = createRig(() => {});
    const call = rig.call("f", { settings: { timeoutS: 1 } });
    await rig.clock.advance(1000);
    await call.outcome;
    await rest(rig);
    await rig.clock.advance(GATHER_MS);
    assert.equal(rig.records[0]?.call.status, "timeout");
  });
});

describe("the secrets of a function", () => {
  const settings = { config: { USER: "me" }, secrets: { PASSWORD: "sealed" } };

  test("are opened for the environment of its container", async () => {
    const openSecrets = ({ PASSWORD }: Secrets) => ({ PASSWORD: `opened ${PASSWORD}` });
    const tell = ({ process: { env }, answer }: FakeCall) => answer(`${env.USER}, ${env.PASSWORD}`);
    const rig = createRig(tell, { agent: { openSecrets } });
    assert.equal(await rig.call("f", { settings }).outcome, "me, opened sealed");
  });

  test("that cannot be opened fail the call, which is recorded; the next one is tried anew", async () => {
    let isKeyHere = false;
    const openSecrets = (secrets: Secrets) => {
      if (!isKeyHere) throw new FnError("secret_unreadable", { name: "PASSWORD", reason: "another key" });
      return secrets;
    };
    const rig = createRig(echo, { agent: { openSecrets } });
    assert.equal(await rig.call("f", { settings }).outcome, "secret_unreadable");
    await rig.clock.advance(1000);
    assert.equal(rig.records[0]?.call.status, "error");
    assert.equal(rig.agent.state.memoryUsedMib, 0);
    isKeyHere = true;
    assert.equal(await rig.call("f", { body: "fine", settings }).outcome, "fine");
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
