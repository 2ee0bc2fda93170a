import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { pino } from "pino";
import { systemClock } from "../../clock/clock.ts";
import { seededRandom } from "../../clock/random.ts";
import { FnError } from "../../model/errors.ts";
import { makeTempFunctions, type TempFunctions } from "../common/temp-functions.suite.ts";
import type { Container, Driver } from "../driver.ts";
import { createDockerDriver } from "./driver.ts";
import { connectEngine } from "./engine.ts";
import { makeOwnEngine, type OwnEngine, skipWithoutOwnEngine } from "./own-engine.suite.ts";

const never = new AbortController().signal;

/** An engine starts and stops within seconds, and takes in the image with Node in another few. */
const LIMIT = { timeout: 60_000 };

let engine: OwnEngine;
let functions: TempFunctions;
let driver: Driver;
let made = 0;

function open(): Promise<Driver> {
  return createDockerDriver({
    dockerHost: engine.dockerHost,
    functionsRoot: functions.functionsRoot,
    workDir: functions.workDir,
    nodePath: process.execPath,
    instance: "restart",
    clock: systemClock,
    random: seededRandom(1),
    log: pino({ level: "silent" }),
  });
}

function create(on = driver): Promise<Container> {
  const limits = { memoryMib: 128, cpusMilli: 0 };
  const id = `restart-${++made}`;
  const common = { image: "dir:echo", env: {}, hostname: "n", channel: "stdio", ...limits } as const;
  return on.create({ id, appId: "app-1", ...common }, never);
}

async function start(on = driver): Promise<Container> {
  const container = await create(on);
  await container.start(never);
  return container;
}

async function echoes(on = driver): Promise<boolean> {
  const container = await start(on);
  container.stdin.end("ping");
  const isRight = (await text(container.stdout)) === "ping";
  await container.remove();
  return isRight;
}

describe("docker driver, with an engine of its own", { ...LIMIT, skip: skipWithoutOwnEngine() }, () => {
  before(async () => {
    engine = await makeOwnEngine();
    functions = await makeTempFunctions();
    await functions.add("echo", ["node", "-e", "process.stdin.pipe(process.stdout)"]);
    await engine.start();
    driver = await open();
  }, LIMIT);
  after(async () => {
    await driver.close();
    await engine.remove();
    await functions.remove();
  }, LIMIT);

  describe("several nodes on a new engine", () => {
    test("make one network when they start at the same moment", LIMIT, async () => {
      const others = await Promise.all([open(), open()]);
      assert.deepEqual(await Promise.all([driver, ...others].map(echoes)), [true, true, true]);
      await Promise.all(others.map((other) => other.close()));
      const networks = await connectEngine(engine.dockerHost).listNetworks();
      assert.equal(networks.filter(({ Name }) => Name === "hotfn").length, 1);
    });
  });

  describe("a node whose engine restarts", () => {
    test("sees its containers end, and can make and start none while there is no engine", LIMIT, async () => {
      const running = await start();
      const created = await create();
      await engine.stop();
      await assert.rejects(create(), isRetryable);
      await assert.rejects(created.start(never), isRetryable);
      await engine.start();
      // With which code is the engine's affair; that it has ended is what counts.
      await running.exited;
      await Promise.all([running.remove(), created.remove()]);
    });

    test("makes containers again afterwards, though its anchors are gone", LIMIT, async () => {
      assert.equal(await echoes(), true);
    });

    test("makes containers again when the engine has lost its images and networks, too", LIMIT, async () => {
      await engine.stop();
      await engine.forget();
      await engine.start();
      assert.equal(await echoes(), true);
    });
  });
});

/** The call may go to another node, or come again; and who reads the hint knows what to do. */
function isRetryable(error: unknown): boolean {
  return (
    error instanceof FnError &&
    error.code === "container_start_failed" &&
    error.retry &&
    /the Docker engine does not answer/.test(error.hint ?? "")
  );
}
