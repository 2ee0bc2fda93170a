import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import type Docker from "dockerode";
import { pino } from "pino";
import { systemClock } from "../../clock/clock.ts";
import { seededRandom } from "../../clock/random.ts";
import { makeTempFunctions, type TempFunctions } from "../common/temp-functions.suite.ts";
import { HANG_LIMIT } from "../driver.suite.ts";
import type { Container, Driver } from "../driver.ts";
import { createDockerDriver } from "./driver.ts";
import { makeTestImages, NODE_REPOSITORY, skipWithoutEngine, type TestImages } from "./test-images.suite.ts";

const never = new AbortController().signal;
const PORT = 8080;

/** Listens to everyone who gets there, and says so. */
const SERVE = `net.createServer((socket) => socket.end("hello")).listen(${PORT}, () => console.log(addressOf()));`;
const ADDRESS_OF = `const addressOf = () => os.networkInterfaces().eth0?.[0]?.address ?? "none";`;

/** Tells what it hears from there, or why it hears nothing. */
function callOf(address: string): string {
  return `
    const socket = net.connect({ host: "${address}", port: ${PORT}, timeout: 500 });
    socket.on("data", (data) => console.log(String(data)));
    socket.on("timeout", () => { console.log("silence"); socket.destroy(); });
    socket.on("error", (error) => console.log(error.code));
  `;
}

let functions: TempFunctions;
let testImages: TestImages;
let engine: Docker;
/** Its containers have the network of their app. */
let driver: Driver;
let made = 0;

function open(instance: string, network = "app"): Promise<Driver> {
  return createDockerDriver({
    functionsRoot: functions.functionsRoot,
    workDir: functions.workDir,
    nodePath: process.execPath,
    nodeRepository: NODE_REPOSITORY,
    instance,
    hardening: { network },
    clock: systemClock,
    random: seededRandom(1),
    log: pino({ level: "silent" }),
  });
}

/** What a driver has in the engine. */
function containersOf(instance: string): Promise<Docker.ContainerInfo[]> {
  return engine.listContainers({ all: true, filters: { label: [`hotfn.instance=${instance}`] } });
}

async function createOf(appId: string, script: string, on = driver): Promise<Container> {
  const id = `network-test-${process.pid}-${++made}`;
  const image = await functions.add(id, ["node", "-e", ADDRESS_OF + script]);
  const limits = { memoryMib: 128, cpusMilli: 0 };
  return on.create({ id, appId, image, env: {}, hostname: "n", channel: "stdio", ...limits }, never);
}

async function outputOf(appId: string, script: string, on = driver): Promise<string> {
  const container = await createOf(appId, script, on);
  await container.start(never);
  return (await text(container.stdout)).trim();
}

/** A container that listens, and where. */
async function serve(appId: string, on = driver) {
  const container = await createOf(appId, SERVE, on);
  await container.start(never);
  const [line] = await container.stdout.take(1).toArray();
  return { container, address: String(line).trim() };
}

/** The anchor that the network of a container is held by. */
async function anchorOf(container: Container): Promise<Docker.Container> {
  const { HostConfig } = await engine.getContainer(container.id).inspect();
  return engine.getContainer(HostConfig.NetworkMode?.replace("container:", "") ?? "");
}

describe("docker networks", { skip: await skipWithoutEngine() }, () => {
  const instance = `network-${process.pid}`;
  before(async () => {
    functions = await makeTempFunctions();
    testImages = await makeTestImages();
    engine = testImages.engine;
    driver = await open(instance);
  });
  after(async () => {
    await driver.close();
    await testImages.remove();
    await functions.remove();
  });

  describe("containers with the network of their app", HANG_LIMIT, () => {
    test("reach those of the same app over the loopback", async () => {
      await serve("same");
      assert.equal(await outputOf("same", callOf("127.0.0.1")), "hello");
    });

    test("do not reach those of another app, over the loopback or over the network between anchors", async () => {
      const { address } = await serve("one");
      const heard = [
        await outputOf("one", callOf(address)),
        await outputOf("another", callOf(address)),
        await outputOf("another", callOf("127.0.0.1")),
      ];
      assert.deepEqual(heard, ["hello", "silence", "ECONNREFUSED"]);
    });

    test("have a new one after somebody has killed its anchor", async () => {
      const { container } = await serve("killed");
      await (await anchorOf(container)).kill();
      await serve("killed");
      assert.equal(await outputOf("killed", callOf("127.0.0.1")), "hello");
    });

    test("have a new one after somebody has removed its anchor, between create and start, too", async () => {
      const early = await createOf("removed", "process.stdin.pipe(process.stdout)");
      await (await anchorOf(early)).remove({ force: true });
      early.stdin.end("ping");
      await early.start(never);
      assert.equal(await text(early.stdout), "ping");
      assert.equal((await early.exited).code, 0);
    });

    test("stay removed when that comes while they are made anew", async () => {
      const container = await createOf("remade", SERVE);
      await (await anchorOf(container)).remove({ force: true });
      const refused = assert.rejects(container.start(never), { code: "container_start_failed" });
      await container.remove();
      await refused;
      const left = await containersOf(instance);
      assert.equal(
        left.some(({ Names }) => Names.includes(`/${container.id}`)),
        false,
      );
    });
  });

  test("closing a driver leaves nothing of its networks in the engine", HANG_LIMIT, async () => {
    const own = `${instance}-closed`;
    const closed = await open(own);
    const { container } = await serve("closed", closed);
    assert.equal((await (await anchorOf(container)).inspect()).State.Running, true);
    await closed.close();
    assert.deepEqual(await containersOf(own), []);
  });

  test("a network that is named is that of every container", HANG_LIMIT, async (t) => {
    const own = `${instance}-none`;
    const alone = await open(own, "none");
    t.after(() => alone.close());
    assert.equal(await outputOf("alone", "console.log(addressOf())", alone), "none");
    const modes = (await containersOf(own)).map(({ HostConfig }) => HostConfig.NetworkMode);
    assert.deepEqual(modes, ["none"]);
  });
});
