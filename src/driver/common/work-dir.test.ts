import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { pino } from "pino";
import { test } from "../limited-test.suite.ts";
import { startTicksOf } from "./proc.ts";
import { makeTempFunctions, type TempFunctions } from "./temp-functions.suite.ts";
import { openWorkDir } from "./work-dir.ts";

const quiet = pino({ level: "silent" });

let functions: TempFunctions;
before(async () => {
  functions = await makeTempFunctions();
});
after(async () => {
  assert.deepEqual(await functions.remove(), [], "a process outlived its container");
});

/** A server in a process of its own, which starts one container and says so. */
async function startServer(workDir: string, image: string) {
  const options = { functionsRoot: functions.functionsRoot, workDir, nodePath: process.execPath };
  const spec = {
    id: "c1",
    image,
    env: {},
    hostname: "node-1",
    memoryMib: 128,
    cpusMilli: 0,
    channel: "socket",
  };
  const program = `
    import { pino } from "pino";
    import { systemClock } from ${JSON.stringify(new URL("../../clock/clock.ts", import.meta.url).href)};
    import { createProcessDriver } from ${JSON.stringify(new URL("../process/driver.ts", import.meta.url).href)};
    const signal = new AbortController().signal;
    const log = pino({ level: "silent" });
    const driver = await createProcessDriver({ ...${JSON.stringify(options)}, clock: systemClock, log });
    const container = await driver.create(${JSON.stringify(spec)}, signal);
    await container.start(signal);
    container.stdout.pipe(process.stdout);
  `;
  const server = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(server.stdout, "data");
  return server;
}

/** A function whose processes have a named pipe open for writing; `end` comes when the last of them is gone. */
async function addFunction(name: string, script: (pipe: string) => string) {
  const pipe = join(functions.functionsRoot, `${name}-pipe`);
  execFileSync("mkfifo", [pipe]);
  return { image: await functions.add(name, ["sh", "-c", script(pipe)]), end: readFile(pipe) };
}

describe("the functions of a server that was killed", () => {
  test("are ended by the next driver on the same work folder, whatever group they are in", async () => {
    const workDir = join(functions.workDir, "killed");
    const { image, end } = await addFunction(
      "orphans",
      (pipe) => `exec 9> ${pipe}; setsid sleep 1000 & sleep 1000 & echo up; wait`,
    );
    const server = await startServer(workDir, image);
    server.kill("SIGKILL");
    await once(server, "exit");

    const next = await openWorkDir(workDir, quiet);
    await end;
    assert.equal((await readdir(workDir)).length, 1);
    await next.close();
  });

  test("are left alone as long as the server lives", async () => {
    const workDir = join(functions.workDir, "living");
    const { image, end } = await addFunction(
      "children",
      (pipe) => `exec 9> ${pipe}; echo up; exec sleep 1000`,
    );
    const server = await startServer(workDir, image);

    const other = await openWorkDir(workDir, quiet);
    assert.equal((await readdir(workDir)).length, 2);
    assert.equal((await functions.pids()).length, 1);
    await other.close();

    server.kill("SIGKILL");
    await once(server, "exit");
    await (await openWorkDir(workDir, quiet)).close();
    await end;
  });
});

describe("a work folder", () => {
  test("is made for its owner alone", async () => {
    const workDir = join(functions.workDir, "mode");
    await (await openWorkDir(workDir, quiet)).close();
    assert.equal((await stat(workDir)).mode & 0o777, 0o700);
  });

  test("loses the directory of a server whose pid is another's now", async () => {
    const workDir = join(functions.workDir, "reused");
    await mkdir(join(workDir, `${process.pid}-1-abcdef`), { recursive: true });
    await (await openWorkDir(workDir, quiet)).close();
    assert.deepEqual(await readdir(workDir), []);
  });

  test("keeps the directory of a living server, and what it does not know", async () => {
    const workDir = join(functions.workDir, "kept");
    const living = `${process.pid}-${await startTicksOf(process.pid)}-abcdef`;
    await mkdir(join(workDir, living), { recursive: true });
    await writeFile(join(workDir, "notes.txt"), "");
    await (await openWorkDir(workDir, quiet)).close();
    assert.deepEqual((await readdir(workDir)).sort(), [living, "notes.txt"].sort());
  });

  test("gives every container an empty directory of its own, and takes it back", async (t) => {
    const workDir = await openWorkDir(join(functions.workDir, "own"), quiet);
    t.after(() => workDir.close());
    const [first, second] = [workDir.makeContainerDir(), workDir.makeContainerDir()];
    assert.notEqual(first, second);
    await writeFile(join(first, "file"), "");
    await workDir.removeContainerDir(first);
    await assert.rejects(stat(first));
    assert.deepEqual(await readdir(second), []);
  });

  test("whose path leaves no room for a socket's name is refused, and nothing is left in it", async () => {
    const workDir = join(functions.workDir, "x".repeat(80));
    await assert.rejects(openWorkDir(workDir, quiet), /at most \d+ bytes/);
    assert.deepEqual(await readdir(workDir), []);
  });
});
