import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock, settle } from "../../clock/fake-clock.ts";
import { FnError } from "../../model/errors.ts";
import { type Behaviour, FLOOD_BYTES, suiteOfDriver } from "../driver.suite.ts";
import type { ContainerSpec } from "../driver.ts";
import { createFakeDriver, type FakeProcess } from "./driver.ts";

const never = new AbortController().signal;
const spec: ContainerSpec = {
  id: "c1",
  appId: "app-1",
  image: "echo",
  env: {},
  hostname: "node-1",
  memoryMib: 128,
  cpusMilli: 0,
  channel: "stdio",
};

const BEHAVIOURS: Readonly<Partial<Record<Behaviour, (process: FakeProcess) => void>>> = {
  echo({ stdin, stdout, exit }) {
    stdin.pipe(stdout);
    stdin.on("end", () => exit());
  },
  "exit-7": ({ exit }) => exit({ code: 7 }),
  die: ({ exit }) => exit({ signal: "SIGTERM" }),
  speak({ stdout, stderr, exit }) {
    stdout.write("out");
    stderr.write("err");
    exit();
  },
  env({ env, stdout, exit }) {
    stdout.write(JSON.stringify(env));
    exit();
  },
  async flood({ stdout, ended, exit }) {
    const part = Buffer.alloc(64 * 1024);
    for (let written = 0; written < FLOOD_BYTES && !ended.aborted; written += part.length) {
      await new Promise((resolve) => stdout.write(part, resolve));
    }
    exit();
  },
};

suiteOfDriver("fake driver", {
  open: async () =>
    createFakeDriver({
      clock: new FakeClock(),
      onStep(_step, image) {
        if (image === "missing") throw new FnError("image_not_found");
        return undefined;
      },
      onStart: (process) => BEHAVIOURS[process.spec.image as Behaviour]?.(process),
    }),
  image: (behaviour) => behaviour,
  missingImage: "missing",
  runtimeVariables: ["HOSTNAME"],
  skip: { socket: "the fake driver has no sockets", children: "the fake driver has no processes" },
});

describe("the script of a fake driver", () => {
  test("a step takes as long as the script says, by the clock", async () => {
    const clock = new FakeClock();
    const driver = createFakeDriver({ clock, onStep: (step) => (step === "start" ? 200 : undefined) });
    const container = await driver.create(spec, never);
    const starting = container.start(never);
    await clock.advance(199);
    assert.equal(driver.counts.running, 0);
    await clock.advance(1);
    await starting;
    assert.equal(driver.counts.running, 1);
  });

  test("a step that takes time can be cancelled", async () => {
    const clock = new FakeClock();
    const driver = createFakeDriver({ clock, onStep: () => 1000 });
    const caller = new AbortController();
    const creating = driver.create(spec, caller.signal);
    caller.abort(new Error("the caller left"));
    await assert.rejects(creating, /the caller left/);
    assert.deepEqual([driver.counts.alive, clock.pending], [0, 0]);
  });

  test("a container that is removed while it starts does not run", async () => {
    const clock = new FakeClock();
    const driver = createFakeDriver({ clock, onStep: (step) => (step === "start" ? 200 : undefined) });
    const container = await driver.create(spec, never);
    const starting = container.start(never);
    await container.remove();
    await Promise.all([
      assert.rejects(
        starting,
        (error) => error instanceof FnError && error.code === "container_start_failed",
      ),
      clock.advance(200),
    ]);
    assert.equal(driver.counts.started, 0);
  });

  test("what the script throws, the step rejects with", async () => {
    const refusal = new FnError("container_start_failed");
    const onStep = (step: string) => {
      if (step === "start") throw refusal;
      return undefined;
    };
    const driver = createFakeDriver({ clock: new FakeClock(), onStep });
    const container = await driver.create(spec, never);
    await assert.rejects(container.start(never), refusal);
  });

  test("an image tells of itself what the script says", async () => {
    const driver = createFakeDriver({
      clock: new FakeClock(),
      info: (image) => ({ format: "json", memoryMib: image.length }),
    });
    assert.deepEqual(await driver.prepare("four", never), { format: "json", memoryMib: 4 });
  });

  test("the counts follow each container through its life", async () => {
    const driver = createFakeDriver({ clock: new FakeClock() });
    assert.deepEqual(driver.counts, { alive: 0, running: 0, paused: 0, started: 0 });
    const container = await driver.create(spec, never);
    assert.deepEqual(driver.counts, { alive: 1, running: 0, paused: 0, started: 0 });
    await container.start(never);
    assert.deepEqual(driver.counts, { alive: 1, running: 1, paused: 0, started: 1 });
    await container.pause();
    assert.deepEqual(driver.counts, { alive: 1, running: 0, paused: 1, started: 1 });
    await container.remove();
    assert.deepEqual(driver.counts, { alive: 0, running: 0, paused: 0, started: 1 });
  });

  test("the function learns that its container has ended", async () => {
    let process: FakeProcess | undefined;
    const onStart = (started: FakeProcess) => {
      process = started;
    };
    const driver = createFakeDriver({ clock: new FakeClock(), onStart });
    const container = await driver.create(spec, never);
    await container.start(never);
    await container.remove();
    await settle();
    assert.equal(process?.ended.aborted, true);
  });
});
