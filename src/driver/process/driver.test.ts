import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, open as openFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, type TestContext } from "node:test";
import { type Logger, pino } from "pino";
import { systemClock } from "../../clock/clock.ts";
import { FnError } from "../../model/errors.ts";
import { makeTempFunctions, type TempFunctions } from "../common/temp-functions.suite.ts";
import { type Behaviour, FLOOD_BYTES, suiteOfDriver } from "../driver.suite.ts";
import type { ContainerSpec } from "../driver.ts";
import { test } from "../limited-test.suite.ts";
import { createProcessDriver, NO_SANDBOX_WARNING } from "./driver.ts";

const LISTEN = `
  const { createServer } = require("node:net");
  const path = process.env.FN_LISTENER.slice("unix:".length);
  createServer((socket) => socket.end("hello")).listen(path, () => console.log("up"));
`;

const BEHAVIOURS: Readonly<Record<Behaviour, readonly string[]>> = {
  echo: ["cat"],
  "exit-7": ["sh", "-c", "exit 7"],
  die: ["sh", "-c", "kill -TERM $$"],
  speak: ["sh", "-c", "echo out; echo err >&2"],
  env: ["node", "-e", "console.log(JSON.stringify(process.env))"],
  flood: ["head", "-c", String(FLOOD_BYTES), "/dev/zero"],
  linger: ["sleep", "1000"],
  brood: ["sh", "-c", "sleep 1000 &"],
  listen: ["node", "-e", LISTEN],
};

const never = new AbortController().signal;
const quiet = pino({ level: "silent" });

let functions: TempFunctions;
before(async () => {
  functions = await makeTempFunctions();
  for (const [name, entrypoint] of Object.entries(BEHAVIOURS)) await functions.add(name, entrypoint);
});
after(async () => {
  assert.deepEqual(await functions.remove(), [], "a process outlived its container");
});

function open(log: Logger = quiet) {
  const { functionsRoot, workDir } = functions;
  return createProcessDriver({ functionsRoot, workDir, nodePath: process.execPath, clock: systemClock, log });
}

suiteOfDriver("process driver", {
  open,
  image: (behaviour) => `dir:${behaviour}`,
  missingImage: "dir:missing",
  runtimeVariables: ["HOME", "HOSTNAME", "NODE_COMPILE_CACHE", "PATH"],
});

/** Makes a function of a command and a container of that; the driver is closed after the test. */
async function createOf(t: TestContext, entrypoint: readonly string[], more: Partial<ContainerSpec> = {}) {
  const driver = await open();
  t.after(() => driver.close());
  const image = await functions.add("own", entrypoint);
  const limits = { memoryMib: 128, cpusMilli: 0 };
  const spec = {
    id: "own",
    appId: "app-1",
    image,
    env: {},
    hostname: "node-1",
    channel: "stdio",
    ...limits,
  } as const;
  return driver.create({ ...spec, ...more }, never);
}

async function startOf(t: TestContext, entrypoint: readonly string[], more?: Partial<ContainerSpec>) {
  const container = await createOf(t, entrypoint, more);
  await container.start(never);
  return container;
}

/** A named pipe, and its end: reached once every process that has it open for writing is gone. */
function makePipe(name: string) {
  const path = join(functions.functionsRoot, name);
  execFileSync("mkfifo", [path]);
  return { path, end: readFile(path) };
}

describe("a function of the process driver", () => {
  test("works in its folder", async (t) => {
    const container = await startOf(t, ["pwd"]);
    assert.equal((await text(container.stdout)).trim(), join(functions.functionsRoot, "own"));
  });

  test("is found in its folder when the path starts with ./", async (t) => {
    const path = join(functions.functionsRoot, "own", "func.sh");
    await functions.add("own", ["true"]);
    await writeFile(path, "#!/bin/sh\necho found");
    await chmod(path, 0o755);
    const container = await startOf(t, ["./func.sh"]);
    assert.equal((await text(container.stdout)).trim(), "found");
  });

  test("finds the server's own Node first, and then the system's programs", async (t) => {
    const container = await startOf(t, ["sh", "-c", 'echo "$PATH"']);
    const path = `${join(process.execPath, "..")}:/usr/local/bin:/usr/bin:/bin`;
    assert.equal((await text(container.stdout)).trim(), path);
  });

  test("may have a PATH of its own config", async (t) => {
    const container = await startOf(t, ["sh", "-c", 'echo "$PATH"'], { env: { PATH: "/bin:/opt" } });
    assert.equal((await text(container.stdout)).trim(), "/bin:/opt");
  });

  test("has a home of its own, which goes with the container", async (t) => {
    const container = await startOf(t, ["sh", "-c", 'echo made > "$HOME/file"; echo "$HOME"']);
    const home = (await text(container.stdout)).trim();
    assert.equal(existsSync(join(home, "file")), true);
    await container.remove();
    assert.equal(existsSync(home), false);
  });

  test("does not inherit the coverage setting that Node hands down by itself", async (t) => {
    process.env.NODE_V8_COVERAGE = functions.workDir;
    t.after(() => delete process.env.NODE_V8_COVERAGE);
    const container = await startOf(t, ["sh", "-c", 'echo "[$NODE_V8_COVERAGE]"']);
    assert.equal((await text(container.stdout)).trim(), "[]");
  });

  test("does not get at what the server has open", async (t) => {
    const file = await openFile(join(functions.functionsRoot, "echo", "func.yaml"));
    t.after(() => file.close());
    const container = await startOf(t, ["ls", "-l", "/proc/self/fd"]);
    assert.doesNotMatch(await text(container.stdout), /func\.yaml/);
  });

  test("leads a process group and session of its own", async (t) => {
    const container = await startOf(t, ["sh", "-c", "cut -d' ' -f1,5,6 /proc/$$/stat"]);
    const [pid, group, session] = (await text(container.stdout)).trim().split(" ");
    assert.deepEqual([group, session], [pid, pid]);
  });
});

describe("a container of the process driver", () => {
  test("takes its children's children with it when it is removed", async (t) => {
    const pipe = makePipe("family");
    const family = `sh -c 'exec 9> ${pipe.path}; echo up; sleep 1000' & wait`;
    const container = await startOf(t, ["sh", "-c", family]);
    await new Promise((resolve) => container.stdout.once("data", resolve));
    await container.remove();
    await pipe.end;
  });

  test("has ended when its first process has, though a process that left the group holds its streams", async (t) => {
    const container = await startOf(t, ["sh", "-c", "setsid sleep 1000 & echo $!"]);
    const stdout = container.stdout[Symbol.asyncIterator]();
    const pid = Number(String((await stdout.next()).value));
    t.after(() => process.kill(pid, "SIGKILL"));
    assert.equal((await container.exited).code, 0);
    await container.remove();
  });

  const refusals: readonly (readonly [rule: string, entrypoint: readonly string[], hint: RegExp])[] = [
    ["is not in PATH", ["no-such-program"], /'no-such-program' was not found/],
    ["is not in the folder", ["./no-such-file"], /'.\/no-such-file' was not found/],
    ["is not executable", ["./func.yaml"], /'.\/func.yaml' may not be executed/],
  ];
  for (const [rule, entrypoint, hint] of refusals) {
    test(`does not start when its entrypoint ${rule}, and says so`, async (t) => {
      const container = await createOf(t, entrypoint);
      await assert.rejects(container.start(never), startFailedWith(hint));
    });
  }

  test("does not start with a variable that no process can have", async (t) => {
    const container = await createOf(t, ["true"], { env: { A: "b\0c" } });
    await assert.rejects(container.start(never), startFailedWith(/cannot be started/));
  });

  test("has ended, and can be removed, when it could not start", async (t) => {
    const container = await createOf(t, ["no-such-program"]);
    await assert.rejects(container.start(never));
    assert.equal((await container.exited).code, undefined);
    await container.remove();
  });

  test("can be removed while it starts", async (t) => {
    for (const entrypoint of [["sleep", "1000"], ["no-such-program"]]) {
      const container = await createOf(t, entrypoint);
      const starting = container.start(never).catch(() => {});
      await container.remove();
      await starting;
    }
  });
});

describe("the process driver", () => {
  test("leaves nothing of its containers in its work folder when it is closed", async () => {
    const serverDirs = async () => (await readdir(functions.workDir)).filter((name) => /^\d/.test(name));
    const driver = await open();
    const before = await serverDirs();
    await driver.close();
    assert.deepEqual([before.length, (await serverDirs()).length], [1, 0]);
  });

  test("warns once, when it is made, that it is no sandbox", async (t) => {
    const lines: string[] = [];
    const driver = await open(pino({ level: "warn" }, { write: (line) => lines.push(JSON.parse(line).msg) }));
    t.after(() => driver.close());
    assert.deepEqual(lines, [NO_SANDBOX_WARNING]);
  });
});

function startFailedWith(hint: RegExp) {
  return (error: unknown) =>
    error instanceof FnError && error.code === "container_start_failed" && hint.test(error.hint ?? "");
}
