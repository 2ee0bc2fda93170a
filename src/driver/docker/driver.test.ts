import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { on, once } from "node:events";
import { existsSync, watch } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { dirname, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, type TestContext } from "node:test";
import { pino } from "pino";
import { systemClock } from "../../clock/clock.ts";
import { seededRandom } from "../../clock/random.ts";
import { FnError } from "../../model/errors.ts";
import { makeTempFunctions, type TempFunctions } from "../common/temp-functions.suite.ts";
import { type Behaviour, FLOOD_BYTES, suiteOfDriver } from "../driver.suite.ts";
import type { Container, ContainerSpec, Driver } from "../driver.ts";
import { test } from "../limited-test.suite.ts";
import { createDockerDriver, type DockerDriverOptions } from "./driver.ts";
import { type FakeServer, startFakeServer } from "./fake-server.suite.ts";
import { makeTestImages, NODE_REPOSITORY, skipWithoutEngine, type TestImages } from "./test-images.suite.ts";

const LISTEN = `
  const { createServer } = require("node:net");
  const path = process.env.FN_LISTENER.slice("unix:".length);
  createServer((socket) => socket.end("hello")).listen(path, () => console.log("up"));
`;

const BEHAVIOURS: Readonly<Record<Behaviour, string>> = {
  echo: "process.stdin.pipe(process.stdout)",
  "exit-7": "process.exit(7)",
  die: "process.kill(process.pid, 'SIGTERM')",
  speak: "console.log('out'); console.error('err')",
  env: "console.log(JSON.stringify(process.env))",
  flood: `process.stdout.write(Buffer.alloc(${FLOOD_BYTES}))`,
  linger: "setInterval(() => {}, 1000)",
  brood: `
    const { spawn } = require("node:child_process");
    spawn("node", ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
    process.exit();
  `,
  listen: LISTEN,
};

/** A server that is not closed; each test process has its own. */
const KILLED = `killed-${process.pid}`;

const never = new AbortController().signal;
const images = new Map<string, string>();

let testImages: TestImages;
let functions: TempFunctions;
let registry: FakeServer;

/** Without a network, unless told: what networks do has tests of its own. */
function open({ hardening, ...more }: Partial<DockerDriverOptions> = {}): Promise<Driver> {
  return createDockerDriver({
    hardening: { network: "none", ...hardening },
    functionsRoot: functions.functionsRoot,
    workDir: functions.workDir,
    nodePath: process.execPath,
    nodeRepository: NODE_REPOSITORY,
    instance: "test",
    clock: systemClock,
    random: seededRandom(1),
    log: pino({ level: "silent" }),
    ...more,
  });
}

/** A container of a script, on a driver that is closed after the test. */
async function createOf(
  t: TestContext,
  script: string,
  more: Partial<ContainerSpec> = {},
  options?: Partial<DockerDriverOptions>,
): Promise<Container> {
  const driver = await open(options);
  t.after(() => driver.close());
  const image = await functions.add("own", ["node", "-e", script]);
  const id = `test-${process.pid}`;
  const limits = { memoryMib: 128, cpusMilli: 0 };
  const spec = {
    id,
    appId: "app-1",
    image,
    env: {},
    hostname: "node-1",
    channel: "stdio",
    ...limits,
  } as const;
  return driver.create({ ...spec, ...more }, never);
}

async function startOf(...of: Parameters<typeof createOf>): Promise<Container> {
  const container = await createOf(...of);
  await container.start(never);
  return container;
}

/** What a script prints. */
async function outputOf(...of: Parameters<typeof createOf>): Promise<string> {
  return (await text((await startOf(...of)).stdout)).trim();
}

describe("docker driver", { skip: await skipWithoutEngine() }, () => {
  before(async () => {
    functions = await makeTempFunctions();
    registry = await startFakeServer((request, answer) => {
      // As a registry does: its root is open, one repository is locked, and all others are missing.
      const status = request.url === "/v2/" ? 200 : request.url?.startsWith("/v2/locked/") ? 401 : 404;
      const errors = status === 401 ? [{ code: "UNAUTHORIZED" }] : [{ code: "MANIFEST_UNKNOWN" }];
      answer.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ errors }));
    });
    testImages = await makeTestImages();
    for (const [name, script] of Object.entries(BEHAVIOURS)) {
      images.set(name, await testImages.add(name, script));
    }
  });
  after(async () => {
    await testImages.remove();
    await functions.remove();
    await registry.stop();
  });

  suiteOfDriver("docker driver", {
    open,
    image: (behaviour) => images.get(behaviour) ?? "",
    get missingImage() {
      return `${registry.host}/missing:1`;
    },
    runtimeVariables: ["HOME", "HOSTNAME", "PATH"],
    skip: { signal: "an engine tells of a signal as exit code 128 and its number, as shells do" },
  });

  describe("a pull by an engine", () => {
    test("that the registry refuses is told from one of what is missing", async (t) => {
      const driver = await open();
      t.after(() => driver.close());
      const image = `${registry.host}/locked:1`;
      await assert.rejects(driver.prepare(image, never), { code: "image_unauthorized" });
    });

    test("from where no registry is fails as that", async (t) => {
      const gone = await startFakeServer(() => {});
      await gone.stop();
      const driver = await open();
      t.after(() => driver.close());
      await assert.rejects(driver.prepare(`${gone.host}/hello:1`, never), { code: "image_unreachable" });
    });
  });

  describe("an image that somebody removes from the engine", () => {
    test("is missed when a container is made of it, whatever was known", async (t) => {
      const driver = await open();
      t.after(() => driver.close());
      const { engine } = testImages;
      const image = `${registry.host}/gone:1`;
      await engine.getImage(images.get("echo") ?? "").tag({ repo: `${registry.host}/gone`, tag: "1" });
      await driver.prepare(image, never);
      await engine.getImage(image).remove();
      const limits = { memoryMib: 128, cpusMilli: 0 };
      const spec = {
        id: `gone-${process.pid}`,
        appId: "app-1",
        image,
        env: {},
        hostname: "n",
        channel: "stdio",
        ...limits,
      } as const;
      await assert.rejects(driver.create(spec, never), { code: "image_not_found" });
    });
  });

  describe("the containers of a server that was killed", () => {
    test("are left alone as long as it lives, and removed by the next driver", async () => {
      const id = `orphan-${process.pid}`;
      const server = await startServer(
        id,
        await functions.add("own", ["node", "-e", "setInterval(() => {}, 1000)"]),
      );
      const { engine } = testImages;
      await (await open()).close();
      assert.equal((await engine.getContainer(id).inspect()).State.Running, true);

      server.kill("SIGKILL");
      await once(server, "exit");
      await (await open()).close();
      // Neither the function is left, nor an anchor.
      const filters = { label: [`hotfn.instance=${KILLED}`] };
      assert.deepEqual(await engine.listContainers({ all: true, filters }), []);
    });
  });

  describe("the end of a function in Docker", () => {
    test("by a signal is exit code 128 and its number", async (t) => {
      const container = await startOf(t, "process.kill(process.pid, 'SIGTERM')");
      assert.deepEqual(await container.exited, { code: 143, signal: undefined, outOfMemory: false });
    });

    test("by the kernel, for want of memory, is told apart", async (t) => {
      const hog = "const all = []; for (;;) all.push(Buffer.alloc(1024 * 1024, 1))";
      const container = await startOf(t, hog, { memoryMib: 64 });
      assert.equal((await container.exited).outOfMemory, true);
    });

    test("with code 137 is not for want of memory", async (t) => {
      const container = await startOf(t, "process.exit(137)");
      assert.deepEqual(await container.exited, { code: 137, signal: undefined, outOfMemory: false });
    });

    test("is exit code 127 when its program is not there", async (t) => {
      const image = await functions.add("no-program", ["no-such-program"]);
      const container = await startOf(t, "", { image });
      assert.equal((await container.exited).code, 127);
    });

    test("comes before it has run when the engine cannot start it", async (t) => {
      const image = await functions.add("no-program", ["no-such-program"]);
      // Without an init it is the engine that looks for the program.
      const container = await createOf(t, "", { image }, { hardening: { hasInit: false } });
      await assert.rejects(container.start(never), startFailedWith(/no-such-program/));
      assert.equal((await container.exited).code, undefined);
    });

    test("comes when it is removed while it starts", async (t) => {
      const container = await createOf(t, "setInterval(() => {}, 1000)");
      const starting = container.start(never).catch(() => {});
      await container.remove();
      await starting;
      assert.equal((await container.exited).code, undefined);
      await assert.rejects(testImages.engine.getContainer(container.id).inspect(), { statusCode: 404 });
    });
  });

  describe("a function in Docker", () => {
    test("runs as a user without privileges", async (t) => {
      const script = `
        const status = fs.readFileSync("/proc/self/status", "utf8").split(/[\\n\\t]+/);
        const field = (name) => status[status.indexOf(name + ":") + 1];
        console.log(process.getuid(), process.getgid(), field("CapBnd"), field("NoNewPrivs"));
      `;
      assert.equal(await outputOf(t, script), "1000 1000 0000000000000000 1");
    });

    test("can write to /tmp, up to its size, and nowhere else", async (t) => {
      const script = `
        const codeOf = (path, bytes) => {
          try { fs.writeFileSync(path, Buffer.alloc(bytes)); return "ok"; } catch (error) { return error.code; }
        };
        console.log(codeOf("/tmp/a", 4096), codeOf("/tmp/b", 2 ** 21), codeOf("/a", 1), codeOf("/etc/a", 1));
      `;
      const answer = await outputOf(t, script, {}, { hardening: { tmpMib: 1, user: "0:0" } });
      assert.equal(answer, "ok ENOSPC EROFS EROFS");
    });

    test("can write 1 MiB into the directory of its socket, and no more", async (t) => {
      const script = `
        const codeOf = (bytes) => {
          try { fs.writeFileSync("/tmp/iofs/a", Buffer.alloc(bytes)); return "ok"; } catch (error) { return error.code; }
        };
        console.log(codeOf(2 ** 19), codeOf(2 ** 21));
      `;
      assert.equal(await outputOf(t, script, { channel: "socket" }), "ok ENOSPC");
    });

    test("without a network sees its own loopback and nothing else", async (t) => {
      const names = await outputOf(t, "console.log(Object.keys(os.networkInterfaces()).join())");
      assert.equal(names, "lo");
    });

    test("sees no processes of another container", async (t) => {
      const pids = "console.log(fs.readdirSync('/proc').filter((name) => +name).length)";
      // Its own and the init.
      assert.equal(await outputOf(t, pids), "2");
    });

    test("can have only so many processes", async (t) => {
      const script = `
        const { spawn } = child_process;
        const one = () => {
          const child = spawn("node", ["-e", "setInterval(() => {}, 1000)"]);
          child.on("error", (error) => { console.log(error.code); process.exit(); });
        };
        for (let i = 0; i < 20; i++) one();
      `;
      const hardening = { pidsMax: 20 };
      assert.equal(await outputOf(t, script, {}, { hardening }), "EAGAIN");
    });

    test("is found by people through its labels", async (t) => {
      const container = await createOf(t, "");
      const { Config } = await testImages.engine.getContainer(container.id).inspect();
      assert.equal(Config.Labels["hotfn.instance"], "test");
      assert.equal(Config.Labels["hotfn.image"], "dir:own");
    });
  });

  describe("a folder in Docker", () => {
    test("is the working directory, and read-only", async (t) => {
      const script = `
        try { fs.writeFileSync("a", ""); } catch (error) { console.log(process.cwd(), error.code); }
      `;
      assert.equal(await outputOf(t, script), `${functions.functionsRoot}/own EROFS`);
    });

    test("is seen without its neighbours, but for the modules above it", async (t) => {
      await functions.add("neighbour", ["true"]);
      await mkdir(`${functions.functionsRoot}/node_modules/greet`, { recursive: true });
      await writeFile(`${functions.functionsRoot}/node_modules/greet/index.js`, "module.exports = 'hi'");
      const script = "console.log(require('greet'), fs.readdirSync('..').sort().join())";
      assert.equal(await outputOf(t, script), "hi node_modules,own");
    });

    test("that is not there is refused", async (t) => {
      const driver = await open();
      t.after(() => driver.close());
      await assert.rejects(driver.prepare("dir:missing", never), { code: "image_not_found" });
    });

    test("serves the function hello of this project through its socket", async (t) => {
      const functionsRoot = resolve(import.meta.dirname, "../../..");
      const kitPath = resolve(import.meta.dirname, "../../kit/main.ts");
      const spec = {
        image: "dir:functions/hello",
        channel: "socket",
        env: { FN_FORMAT: "http-stream" },
      } as const;
      const container = await createOf(t, "", spec, { functionsRoot, kitPath });
      await container.start(never);
      const socketPath = container.socketPath ?? "";
      await isMade(socketPath);
      assert.equal(await callThrough(socketPath), "Hello, World!\n");
    });
  });
});

/** A server in a process of its own, which starts one container and says so. */
async function startServer(id: string, image: string) {
  const { functionsRoot, workDir } = functions;
  const options = { functionsRoot, workDir, nodePath: process.execPath, nodeRepository: NODE_REPOSITORY };
  const spec = {
    id,
    appId: "app-1",
    image,
    env: {},
    hostname: "node-1",
    memoryMib: 128,
    cpusMilli: 0,
    channel: "stdio",
  };
  const program = `
    import { pino } from "pino";
    import { systemClock as clock } from "../../clock/clock.ts";
    import { systemRandom as random } from "../../clock/random.ts";
    import { createDockerDriver } from "./driver.ts";
    const log = pino({ level: "silent" });
    const parts = { instance: "killed", hardening: { network: "app" }, clock, random, log };
    const driver = await createDockerDriver({ ...${JSON.stringify(options)}, ...parts });
    const signal = new AbortController().signal;
    const container = await driver.create(${JSON.stringify(spec)}, signal);
    await container.start(signal);
    console.log("up");
  `;
  const server = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(server.stdout, "data");
  return server;
}

async function isMade(path: string): Promise<void> {
  const watcher = watch(dirname(path));
  const changes = on(watcher, "change");
  while (!existsSync(path)) await changes.next();
  watcher.close();
}

function callThrough(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: "/call", method: "POST" }, (answer) => resolve(text(answer)));
    call.on("error", reject).end();
  });
}

function startFailedWith(hint: RegExp) {
  return (error: unknown) =>
    error instanceof FnError && error.code === "container_start_failed" && hint.test(error.hint ?? "");
}
