import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, test } from "node:test";
import { FakeClock, settle } from "../../clock/fake-clock.ts";
import type { ToWorker } from "./messages.ts";
import { Worker, type WorkerProcess } from "./worker.ts";

/** A process that reads what is sent to it only when the test says so. */
class FakeProcess extends EventEmitter implements WorkerProcess {
  pid: number | undefined = 1;
  isStuck = false;
  readonly received: ToWorker[] = [];
  readonly signals: string[] = [];

  send(message: ToWorker, _handle: unknown, sent: (error: null) => void): boolean {
    this.received.push(message);
    if (!this.isStuck) sent(null);
    return true;
  }

  kill(signal: string): boolean {
    this.signals.push(signal);
    return true;
  }
}

function start(process = new FakeProcess()) {
  const clock = new FakeClock();
  const worker = new Worker({
    id: "w1",
    process,
    sockets: new Map(),
    readyWaitMs: 1000,
    clock,
    onMessage() {},
  });
  return { clock, process, worker };
}

describe("a worker", () => {
  test("is told who it is", () => {
    assert.deepEqual(start().process.received, [{ kind: "begin", worker: "w1" }]);
  });

  test("answers questions from when it is ready until it is gone", () => {
    const { process, worker } = start();
    const seen = [worker.isAnswering()];
    process.emit("message", { kind: "ready" });
    seen.push(worker.isAnswering());
    worker.drain();
    seen.push(worker.isAnswering());
    process.emit("exit", 0, null);
    seen.push(worker.isAnswering());
    assert.deepEqual(seen, [false, true, true, false]);
  });

  test("that is stuck is sent no more than a thousand messages, but still questions", () => {
    const { process, worker } = start();
    process.isStuck = true;
    for (let i = 0; i < 2000; i++) worker.send({ kind: "message", from: "w2", topic: "loads", message: i });
    worker.send({ kind: "question", id: 1, topic: "calls" });
    // The first was its beginning.
    assert.equal(process.received.length - 1, 1000 + 1);
  });

  test("that could not be started is gone", async () => {
    const { process, worker } = start(Object.assign(new FakeProcess(), { pid: undefined }));
    const refused = assert.rejects(worker.ready, /no memory/);
    process.emit("error", new Error("no memory"));
    await refused;
    assert.equal(worker.state, "gone");
  });

  test("that lives on after an error is not gone", () => {
    const { process, worker } = start();
    process.emit("error", new Error("could not be killed"));
    assert.equal(worker.state, "starting");
  });

  test("drains once, however often it is asked", () => {
    const { process, worker } = start();
    worker.drain();
    worker.drain();
    assert.deepEqual(process.signals, ["SIGTERM"]);
  });

  test("that says it is ready while it drains goes on draining", () => {
    const { process, worker } = start();
    worker.drain();
    process.emit("message", { kind: "ready" });
    assert.equal(worker.state, "draining");
  });

  test("leaves no alarm behind", async () => {
    const { clock, process, worker } = start();
    worker.drain(5000);
    process.emit("exit", 0, null);
    await settle();
    assert.equal(clock.pending, 0);
  });
});
