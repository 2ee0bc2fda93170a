import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { pino } from "pino";
import { FakeClock, settle } from "../../clock/fake-clock.ts";
import type { FromWorker } from "./messages.ts";
import { Supervisor } from "./supervisor.ts";
import type { WorkerProcess } from "./worker.ts";

/** A process that does what the test says. */
class FakeProcess extends EventEmitter implements WorkerProcess {
  readonly pid = 1;
  readonly signals: string[] = [];

  send(_message: object, _handle: unknown, sent: (error: null) => void): boolean {
    sent(null);
    return true;
  }

  kill(signal: string): boolean {
    this.signals.push(signal);
    return true;
  }

  say(message: FromWorker): Promise<void> {
    this.emit("message", message);
    return settle();
  }

  ready(): Promise<void> {
    return this.say({ kind: "ready" });
  }

  end(code = 0): Promise<void> {
    this.emit("exit", code, null);
    return settle();
  }
}

function supervise(t: TestContext, count: number, settings: { readonly drainLimitMs?: number } = {}) {
  const clock = new FakeClock();
  const processes: FakeProcess[] = [];
  const supervisor = new Supervisor({
    ...settings,
    count,
    addresses: { traffic: { host: "127.0.0.1", port: 0 } },
    fork() {
      const process = new FakeProcess();
      processes.push(process);
      return process;
    },
    clock,
    log: pino({ level: "silent" }),
  });
  const process = (index: number): FakeProcess => processes[index] ?? assert.fail(`no process ${index}`);
  const endAll = async () => {
    for (const each of processes) await each.end();
  };
  t.after(async () => {
    const stopped = supervisor.stop();
    await endAll();
    await stopped;
  });
  return { clock, supervisor, processes, process, endAll };
}

/** With all of its workers ready. */
async function running(t: TestContext, count: number, settings: { readonly drainLimitMs?: number } = {}) {
  const rig = supervise(t, count, settings);
  const started = rig.supervisor.start();
  await forked(rig.processes, count);
  for (const each of rig.processes) await each.ready();
  await started;
  return rig;
}

/** An address is taken by the system, which takes a while. */
async function forked(processes: readonly FakeProcess[], count: number): Promise<void> {
  while (processes.length < count) await settle();
}

describe("a start", () => {
  test("is over when every worker is ready", async (t) => {
    const { supervisor, processes, process } = supervise(t, 2);
    let isOver = false;
    const started = supervisor.start().then(() => {
      isOver = true;
    });
    await forked(processes, 2);
    await process(0).ready();
    assert.equal(isOver, false);
    await process(1).ready();
    await started;
  });

  test("fails when a worker ends before, and kills the others", async (t) => {
    const { supervisor, processes, process } = supervise(t, 2);
    const failed = assert.rejects(supervisor.start(), /ended before it was ready \(exit code 1\)/);
    await forked(processes, 2);
    await process(0).end(1);
    assert.ok(process(1).signals.includes("SIGKILL"));
    await process(1).end();
    await failed;
  });

  test("fails when a worker is not ready within a minute", async (t) => {
    const { clock, supervisor, processes, process } = supervise(t, 1);
    const failed = assert.rejects(supervisor.start());
    await forked(processes, 1);
    await clock.advance(60_000);
    assert.deepEqual(process(0).signals, ["SIGKILL"]);
    await process(0).end();
    await failed;
  });

  test("fails when the address is in use", async (t) => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const supervisor = new Supervisor({
      count: 1,
      // What listens on a port has an address of this kind.
      addresses: { traffic: { host: "127.0.0.1", port: (server.address() as AddressInfo).port } },
      fork: () => assert.fail("nothing is started"),
      clock: new FakeClock(),
      log: pino({ level: "silent" }),
    });
    await assert.rejects(supervisor.start(), { code: "EADDRINUSE" });
  });
});

describe("a worker that dies", () => {
  test("is replaced also when the others are still starting", async (t) => {
    const { clock, supervisor, processes, process } = supervise(t, 2);
    const started = supervisor.start();
    await forked(processes, 2);
    await process(0).ready();
    await process(0).end(1);
    await process(1).ready();
    await started;
    await clock.advance(0);
    assert.equal(processes.length, 3);
  });

  test("is replaced at once the first time", async (t) => {
    const { clock, processes, process } = await running(t, 2);
    await process(0).end(1);
    await clock.advance(0);
    assert.equal(processes.length, 3);
  });

  test("is replaced after a while when its successor dies as well", async (t) => {
    const { clock, processes, process } = await running(t, 2);
    await process(0).end(1);
    await clock.advance(0);
    await process(2).end(1);
    await clock.advance(99);
    assert.equal(processes.length, 3);
    await clock.advance(1);
    assert.equal(processes.length, 4);
  });
});

describe("a restart", () => {
  test("lets an old worker drain when the new one is ready, and not before", async (t) => {
    const { supervisor, process } = await running(t, 1);
    const restarted = supervisor.restart();
    await settle();
    assert.deepEqual(process(0).signals, []);
    await process(1).ready();
    assert.deepEqual(process(0).signals, ["SIGTERM"]);
    await process(0).end();
    await restarted;
  });

  test("replaces one after the other", async (t) => {
    const { supervisor, processes, process } = await running(t, 2);
    const restarted = supervisor.restart();
    await settle();
    await process(2).ready();
    assert.equal(processes.length, 3);
    await process(0).end();
    await process(3).ready();
    await process(1).end();
    await restarted;
  });

  test("goes on after ten seconds when a worker drains for longer", async (t) => {
    const { clock, supervisor, processes, process } = await running(t, 2);
    supervisor.restart().catch(() => {});
    await settle();
    await process(2).ready();
    await clock.advance(9999);
    assert.equal(processes.length, 3);
    await clock.advance(1);
    assert.equal(processes.length, 4);
  });

  test("leaves the old workers alone when a new one does not get ready", async (t) => {
    const { supervisor, processes, process } = await running(t, 2);
    const refused = assert.rejects(supervisor.restart());
    await settle();
    await process(2).end(1);
    await refused;
    assert.equal(processes.length, 3);
    assert.deepEqual([process(0).signals, process(1).signals], [[], []]);
  });

  test("that is asked for twice while one is under way happens once more", async (t) => {
    const { supervisor, processes, process } = await running(t, 1);
    const first = supervisor.restart();
    await settle();
    const second = supervisor.restart();
    assert.equal(supervisor.restart(), second);
    await process(1).ready();
    await process(0).end();
    await first;
    await settle();
    await process(2).ready();
    await process(1).end();
    await second;
    assert.equal(processes.length, 3);
  });

  test("replaces a worker that died meanwhile only once", async (t) => {
    const { clock, supervisor, processes, process } = await running(t, 1);
    const restarted = supervisor.restart();
    await settle();
    await process(0).end(1);
    await clock.advance(1000);
    await process(1).ready();
    await restarted;
    assert.equal(processes.length, 2);
  });
});

describe("a worker that drains", () => {
  test("is killed after the limit", async (t) => {
    const { clock, supervisor, process, endAll } = await running(t, 1, { drainLimitMs: 5000 });
    const stopped = supervisor.stop();
    await clock.advance(4999);
    assert.deepEqual(process(0).signals, ["SIGTERM"]);
    await clock.advance(1);
    assert.deepEqual(process(0).signals, ["SIGTERM", "SIGKILL"]);
    await endAll();
    await stopped;
  });

  test("is not replaced when it ends", async (t) => {
    const { clock, supervisor, processes, endAll } = await running(t, 2);
    const stopped = supervisor.stop();
    await endAll();
    await stopped;
    await clock.advance(100_000);
    assert.equal(processes.length, 2);
    assert.equal(clock.pending, 0);
  });
});
