import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FnError } from "../../model/errors.ts";
import { echo, type FakeCall, held } from "../rig.suite.ts";
import { createAsyncRig, onlyEnd } from "./async-rig.suite.ts";

const fail = ({ process }: FakeCall) => process.exit({ code: 1 });
const never = () => {};

describe("a queued call", () => {
  test("is run when it comes, and ends with its answer, its record and its log", async () => {
    const rig = createAsyncRig(({ body, process, answer }) => {
      process.stderr.write("hello\n");
      answer(`Hallo ${body}`);
    });
    rig.node();
    const id = rig.enqueue("Ada");
    await rig.pass(1000);
    const end = onlyEnd(rig.queue);
    assert.equal(String(end.answer?.body), "Hallo Ada");
    assert.equal(end.record.log, 'hello\n{"body":"Hallo Ada","protocol":{"status_code":200,"headers":{}}}\n');
    const { status, error, attempts, isDead } = end.record.call;
    assert.deepEqual(
      [end.record.call.id, status, error, attempts, isDead],
      [id, "success", undefined, 1, false],
    );
    assert.deepEqual(await rig.queue.counts(), { queued: 0, running: 0, dead: 0 });
  });

  test("is recorded by the queue, and by nobody else", async () => {
    const rig = createAsyncRig(echo);
    const node = rig.node();
    rig.enqueue();
    await rig.pass(1000);
    assert.deepEqual([rig.queue.ends.length, node.records.length], [1, 0]);
  });

  test("keeps the path it came by, and the time when it was accepted", async () => {
    const rig = createAsyncRig(echo);
    const acceptedAtMs = rig.clock.nowMs();
    rig.enqueue();
    await rig.pass(60_000);
    rig.node();
    await rig.pass(1000);
    const { path, createdAtMs } = onlyEnd(rig.queue).record.call;
    assert.deepEqual([path, createdAtMs], ["/by/this/path", acceptedAtMs]);
  });

  test("has the whole of its time from its claim on, however long it was queued", async () => {
    const rig = createAsyncRig(({ answer }) => void rig.clock.after(20_000, () => answer("late")));
    rig.enqueue();
    await rig.clock.advance(3_600_000);
    rig.node();
    await rig.pass(25_000);
    const { status, timeline } = onlyEnd(rig.queue).record.call;
    assert.deepEqual([status, timeline.queue, timeline.run], ["success", 0, 20_000]);
  });

  test("that was delayed is run when it is due, without a look in between", async () => {
    const rig = createAsyncRig(echo);
    rig.node();
    rig.enqueue("", { dueAtMs: rig.clock.nowMs() + 3000 });
    await rig.pass(2999);
    assert.equal(rig.queue.ends.length, 0);
    const looks = rig.queue.asked.claim;
    await rig.pass(1);
    await rig.pass(0);
    assert.equal(rig.queue.asked.claim, looks + 1);
    await rig.pass(100);
    assert.equal(rig.queue.ends.length, 1);
  });
});

describe("a queue without calls", () => {
  test("is looked at every five seconds, no more", async () => {
    const rig = createAsyncRig(echo);
    rig.node();
    await rig.pass(60_000);
    assert.equal(rig.queue.asked.claim, 13);
    assert.equal(rig.queue.asked.renew, 0);
  });

  test("that cannot be reached is looked at again until it can", async () => {
    const rig = createAsyncRig(echo);
    rig.queue.isDown = true;
    rig.node();
    await rig.pass(60_000);
    rig.queue.isDown = false;
    rig.enqueue();
    await rig.pass(1000);
    assert.equal(rig.queue.ends.length, 1);
  });
});

describe("a queued call that fails", () => {
  test("is dead when its function has no retries", async () => {
    const rig = createAsyncRig(fail);
    const node = rig.node();
    const id = rig.enqueue();
    await rig.pass(1000);
    const { status, error, attempts, isDead } = onlyEnd(rig.queue).record.call;
    assert.deepEqual([status, error, attempts, isDead], ["error", "container exit code 1", 1, true]);
    assert.deepEqual([rig.queue.ids("dead"), node.observed.dead], [[id], 1]);
  });

  test("is run again after a while, as often as the function has retries", async () => {
    let runs = 0;
    const rig = createAsyncRig((call) => (++runs <= 2 ? fail(call) : call.answer("at last")), {
      retries: 2,
      retryDelayS: 10,
    });
    const node = rig.node();
    rig.enqueue();
    await rig.pass(60_000);
    const { call } = onlyEnd(rig.queue).record;
    assert.deepEqual([call.status, call.attempts, runs], ["success", 3, 3]);
    assert.deepEqual(
      rig.queue.putBacks.map(({ delayMs, wasRun, error }) => [delayMs, wasRun, error]),
      [
        [5000, true, "container exit code 1"],
        [10_000, true, "container exit code 1"],
      ],
    );
    assert.deepEqual(node.observed.putBack, ["failed", "failed"]);
  });

  test("leaves its log with the queue while it waits for its next run", async () => {
    const rig = createAsyncRig(
      (call) => {
        call.process.stderr.write("oops\n");
        fail(call);
      },
      { retries: 1 },
    );
    rig.node();
    rig.enqueue();
    await rig.pass(1000);
    assert.deepEqual(
      rig.queue.putBacks.map(({ log }) => log),
      ["oops\n"],
    );
  });

  test("is run again when it is due, and not only at the next look", async () => {
    const { calls, hold } = held();
    const rig = createAsyncRig(hold, { retries: 1, retryDelayS: 2 });
    rig.node();
    rig.enqueue();
    await rig.pass(0);
    calls[0]?.process.exit({ code: 1 });
    await rig.pass(0);
    assert.equal(calls.length, 1);
    await rig.pass(1000);
    assert.equal(calls.length, 2);
  });

  test("because its time is over ends as timeout", async () => {
    const rig = createAsyncRig(never, { timeoutS: 5 });
    rig.node();
    rig.enqueue();
    await rig.pass(6000);
    const { status, isDead } = onlyEnd(rig.queue).record.call;
    assert.deepEqual([status, isDead], ["timeout", true]);
  });

  test("has no answer, and in its log what came of one", async () => {
    const rig = createAsyncRig(({ process }) => {
      process.stdout.write('{"protocol":{"status_code":200},"body":"half');
      process.exit({ code: 1 });
    });
    rig.node();
    rig.enqueue();
    await rig.pass(2000);
    const { answer, record } = onlyEnd(rig.queue);
    assert.equal(answer, undefined);
    assert.equal(record.call.status, "error");
  });

  test("because its function is gone ends for good", async () => {
    const rig = createAsyncRig(echo);
    rig.node();
    rig.fns.clear();
    rig.enqueue();
    await rig.pass(1000);
    const { status, error, isDead, startedAtMs, completedAtMs } = onlyEnd(rig.queue).record.call;
    assert.deepEqual([status, error, isDead, startedAtMs], ["error", "Fn not found", false, undefined]);
    assert.equal(typeof completedAtMs, "number");
  });

  test("because a secret cannot be opened is dead, and says so", async () => {
    const rig = createAsyncRig(echo, { secrets: { PASSWORD: "sealed" } });
    const openSecrets = () => {
      throw new FnError("secret_unreadable", { name: "PASSWORD", reason: "another key" });
    };
    rig.node({ agent: { openSecrets } });
    rig.enqueue();
    await rig.pass(1000);
    const { call } = onlyEnd(rig.queue).record;
    assert.match(call.error ?? "", /PASSWORD cannot be opened/);
    assert.equal(call.isDead, true);
  });
});

describe("a queued call that a node cannot run", () => {
  test("goes back without an attempt being counted, and is tried again later", async () => {
    const { calls, hold } = held();
    const rig = createAsyncRig(hold, { timeoutS: 10 });
    const node = rig.node({ agent: { containersPerFnMax: 1 } });
    for (const body of ["first", "second"]) rig.enqueue(body);
    await rig.pass(5001);
    const [back] = rig.queue.putBacks;
    assert.deepEqual([back?.wasRun, node.observed.putBack], [false, ["refused"]]);
    calls[0]?.answer("done");
    await rig.pass(8000);
    calls[1]?.answer("done");
    await rig.pass(0);
    await rig.pass(100);
    assert.deepEqual(
      rig.queue.ends.map(({ record }) => [record.call.status, record.call.attempts]),
      [
        ["success", 1],
        ["success", 1],
      ],
    );
  });

  test("for an hour is dead, and says how often it was tried", async () => {
    const rig = createAsyncRig(echo);
    const onStep = () => {
      throw new FnError("engine_unreachable");
    };
    rig.node({ script: { onStep } });
    rig.enqueue();
    for (let minutes = 0; minutes < 80; minutes++) {
      await rig.clock.advance(60_000);
      await rig.pass(0);
    }
    const { status, error, isDead } = onlyEnd(rig.queue).record.call;
    assert.deepEqual([status, isDead], ["error", true]);
    assert.match(error ?? "", /engine does not answer.*, 21 times$/);
  });

  test("since its function cannot be looked up goes back, too", async () => {
    const rig = createAsyncRig(echo);
    let isDown = true;
    const fnOf = async (id: string) => {
      if (isDown) throw new FnError("store_unavailable");
      return rig.fns.get(id);
    };
    rig.node({ async: { fnOf } });
    rig.enqueue();
    await rig.pass(0);
    assert.deepEqual(
      rig.queue.putBacks.map(({ wasRun }) => wasRun),
      [false],
    );
    isDown = false;
    await rig.pass(10_000);
    assert.equal(rig.queue.ends.length, 1);
  });
});
