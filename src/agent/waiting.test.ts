import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { settle } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import type { AgentOptions } from "./agent.ts";
import { GATHER_MS } from "./recorder.ts";
import { createRig, echo, held, rest } from "./rig.suite.ts";

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
    assert.equal(waiting.at(-1)?.error()?.retryAfterS, 12, "three are in line, and a call takes 4 s");
    running?.cancel.abort(new FnError("client_gone"));
  });

  test("a caller for whom no memory came free is told to come back after as long again", async () => {
    const rig = createRig(held().hold, { agent: { memoryMib: 128 } });
    const settings = { timeoutS: 16 };
    void rig.call("other", { settings: { timeoutS: 60 } });
    await rest(rig);
    const waiting = rig.call("f", { settings });
    await rig.clock.advance(8000);
    assert.equal(await waiting.outcome, "server_busy");
    assert.equal(waiting.error()?.retryAfterS, 8);
  });

  describe("that is in vain", () => {
    /** A function whose calls are known to take 4 s, with one call in its only possible container and three in line. */
    async function createLine(agent: Partial<AgentOptions>) {
      const { calls, hold } = held();
      const rig = createRig(hold, { agent });
      const first = rig.call("f");
      await rest(rig);
      await rig.clock.advance(4000);
      calls.shift()?.answer("so long");
      await first.outcome;
      await rest(rig);
      const line = Array.from({ length: 4 }, () => rig.call("f"));
      await rest(rig);
      return { rig, calls, line };
    }

    test("is refused at once, with the time when the line should be gone, and recorded", async () => {
      const { rig, line } = await createLine({ memoryMib: 128 });
      for (let i = 0; i < 5; i++) line.push(rig.call("f"));
      await rest(rig);
      const refused = rig.call("f");
      assert.equal(
        await refused.outcome,
        "server_busy",
        "eight before it take 32 s, and it may wait for 15 s",
      );
      assert.equal(refused.error()?.retryAfterS, 32);
      await rig.clock.advance(GATHER_MS);
      assert.equal(rig.records.at(-1)?.call.status, "error");
      for (const { cancel } of line) cancel.abort(new FnError("client_gone"));
    });

    test("is not refused while the line is only twice as long as it may wait", async () => {
      const { rig, line } = await createLine({ memoryMib: 128 });
      for (let i = 0; i < 4; i++) line.push(rig.call("f"));
      await rest(rig);
      const waiting = rig.call("f");
      assert.equal(await Promise.race([waiting.outcome, settle().then(() => "waits")]), "waits");
      for (const { cancel } of [...line, waiting]) cancel.abort(new FnError("client_gone"));
    });

    test("is not refused while another container can come", async () => {
      const { rig, line } = await createLine({ memoryMib: 1024, containersPerFnMax: 0 });
      for (let i = 0; i < 30; i++) line.push(rig.call("f"));
      await rest(rig);
      assert.ok(line.every((call) => call.error() === undefined));
      for (const { cancel } of line) cancel.abort(new FnError("client_gone"));
    });

    test("ends early also for those in line, when what runs turns out to take longer", async () => {
      const { calls, hold } = held();
      const rig = createRig((call) => (call.body === "slow" ? hold(call) : call.answer("ok")), {
        agent: { memoryMib: 128 },
      });
      assert.equal(await rig.call("f").outcome, "ok");
      await rest(rig);
      const slow = Array.from({ length: 12 }, () => rig.call("f", { body: "slow" }));
      await rest(rig);
      await rig.clock.advance(10_000);
      await rest(rig);
      calls.shift()?.answer("at last");
      await rest(rig);
      await rig.clock.advance(100);
      await rest(rig);
      assert.equal(slow.at(-1)?.error()?.code, "server_busy", "ten before it take 30 s, and it has 5 s left");
      assert.equal(slow[2]?.error(), undefined);
      for (const { cancel } of slow) cancel.abort(new FnError("client_gone"));
    });
  });

  test("a call that never ran is recorded all the same", async () => {
    const rig = createRig(held().hold, { agent: { memoryMib: 128 } });
    void rig.call("f");
    const waiting = rig.call("f");
    await rig.clock.advance(15_000);
    await waiting.outcome;
    await rig.clock.advance(GATHER_MS);
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
