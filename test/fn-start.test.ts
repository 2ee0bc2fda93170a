/** `fn start`, `fn stop` and `fn status` on real processes. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { lastInFirstOut } from "./support/postgres.ts";
import {
  eventually,
  processesWith,
  projectRoot,
  startProgram,
  tempDir,
  written,
} from "./support/programs.ts";

/** A user with an empty home. Every process that serves them has its path in its environment. */
function newUser(t: TestContext, more: Record<string, string> = {}) {
  const owner = lastInFirstOut(t);
  const dir = tempDir(owner);
  const env = { HOME: dir, FN_IOFS_PATH: join(dir, "io"), ...more };
  const fn = (...args: string[]) => runFn(args, { PATH: process.env.PATH, ...env });
  owner.after(async () => {
    await fn("stop");
  });
  return { owner, dir, env, fn };
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runFn(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  return run(process.execPath, [join(projectRoot, "src/main/fn.ts"), ...args], env);
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

const ONE_NODE = ["--port", "0", "--driver", "process"];

describe("fn start", () => {
  test("runs a node until Ctrl-C, and leaves no process", async (t) => {
    const { owner, dir, env, fn } = newUser(t);
    const program = startProgram(owner, "fn", ["start", ...ONE_NODE], { env, ipc: false });
    await written(program, "Ctrl-C stops it.");
    const [url = ""] = /http:\S+/.exec(program.output()) ?? [];
    assert.equal((await fetch(`${url}/version`)).status, 200);
    assert.match((await fn("status")).stdout, new RegExp(`^server +${url}$`, "m"));

    program.child.kill("SIGINT");
    assert.equal(await program.ended, 0, program.output());
    assert.deepEqual(processesWith(dir), []);
  });

  test("takes its node with it when it is killed", async (t) => {
    const { owner, dir, env } = newUser(t);
    const program = startProgram(owner, "fn", ["start", ...ONE_NODE], { env, ipc: false });
    await written(program, "Ctrl-C stops it.");
    program.child.kill("SIGKILL");
    await eventually(() => processesWith(dir).length === 0, "no process is left");
  });

  test("with -d leaves nodes and a balancer running, which fn stop stops", async (t) => {
    const { dir, fn } = newUser(t);
    const started = await fn("start", "-d", "--nodes", "2", ...ONE_NODE);
    assert.equal(started.code, 0, started.stderr);
    const status = JSON.parse((await fn("status", "--json")).stdout);
    assert.deepEqual([status.driver, status.apps, status.fns], ["process", 0, 0]);
    assert.deepEqual(
      status.programs.map(({ health, in_balancer }: Record<string, string>) => [health, in_balancer]),
      [
        ["ready", null],
        ["ready", "healthy"],
        ["ready", "healthy"],
      ],
    );

    assert.equal((await fn("stop")).stdout, "Stopped.\n");
    assert.deepEqual(processesWith(dir), []);
  });

  test("refuses to start while one runs, and says where", async (t) => {
    const { fn } = newUser(t);
    const { stdout } = await fn("start", "-d", ...ONE_NODE);
    const [address = ""] = /127\.0\.0\.1:\d+/.exec(stdout) ?? [];
    for (const args of [[], ["-d"]]) {
      const second = await fn("start", ...args, ...ONE_NODE);
      assert.deepEqual([second.code, second.stdout], [1, ""]);
      assert.match(second.stderr, new RegExp(`^ERROR: .*${address}.*fn stop.*\n$`));
    }
  });

  test("keeps what it knows from one start to the next", async (t) => {
    const { fn } = newUser(t);
    const begin = async () => /http:\S+/.exec((await fn("start", "-d", ...ONE_NODE)).stdout)?.[0] ?? "";
    await fn("apps", "create", "kept", "--api-url", await begin());
    await fn("stop");
    assert.match((await fn("apps", "list", "--api-url", await begin())).stdout, /kept/);
  });

  test("with a setting that is wrong says which in one sentence, and leaves nothing running", async (t) => {
    const { dir, fn } = newUser(t, { FN_CALLS_MAX: "many" });
    for (const args of [[], ["-d"]]) {
      const { code, stdout, stderr } = await fn("start", ...args, ...ONE_NODE);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /^ERROR: .*FN_CALLS_MAX.*\n$/);
    }
    assert.deepEqual(processesWith(dir), []);
  });

  test("reads settings of its programs from a file", async (t) => {
    const { dir, fn } = newUser(t);
    const file = join(dir, "dev.env");
    writeFileSync(file, "# a comment\nFN_NODE_NAME=named-by-file\n");
    const { stdout } = await fn("start", "-d", ...ONE_NODE, "--env-file", file);
    const [url = ""] = /http:\S+/.exec(stdout) ?? [];
    assert.equal(JSON.parse(await (await fetch(`${url}/1/node`)).text()).name, "named-by-file");
  });

  test("says itself that such a file is not there: Node would have taken the option", async (t) => {
    const { env } = newUser(t);
    const { code, stderr } = await run(join(projectRoot, "bin/fn"), ["start", "--env-file", "/none.env"], {
      PATH: process.env.PATH,
      ...env,
    });
    assert.equal(code, 1);
    assert.match(stderr, /^ERROR: \/none\.env cannot be read: .*\n$/);
  });

  for (const wrong of [
    ["--nodes", "0"],
    ["--nodes", "51"],
    ["--port", "65536"],
    ["--driver", "podman"],
  ]) {
    test(`is used wrongly with ${wrong.join(" ")}`, async (t) => {
      assert.equal((await newUser(t).fn("start", ...wrong)).code, 2);
    });
  }
});

describe("fn status", () => {
  test("tells that it is starting, from the first moment on", async (t) => {
    const { dir, fn } = newUser(t);
    await fn("start", "-d", ...ONE_NODE);
    const path = join(dir, ".fn", "run.json");
    const noted = readFileSync(path, "utf8");
    // As it is noted before its first node is ready.
    writeFileSync(path, JSON.stringify({ ...JSON.parse(noted), address: "", nodes: [] }));
    assert.equal(JSON.parse((await fn("status", "--json")).stdout).is_ready, false);
    writeFileSync(path, noted);
  });

  test("tells when a node does not answer", async (t) => {
    const { dir, fn } = newUser(t);
    await fn("start", "-d", ...ONE_NODE);
    const { nodes } = JSON.parse(readFileSync(join(dir, ".fn", "run.json"), "utf8"));
    process.kill(nodes[0].pid, "SIGSTOP");
    assert.match((await fn("status")).stdout, /no answer/);
    process.kill(nodes[0].pid, "SIGCONT");
  });
});

describe("fn stop", () => {
  test("says so when nothing runs", async (t) => {
    const { fn } = newUser(t);
    const { code, stdout } = await fn("stop");
    assert.deepEqual([code, stdout], [0, "Nothing runs that 'fn start' has started.\n"]);
    assert.deepEqual(JSON.parse((await fn("status", "--json")).stdout), { is_running: false });
  });

  test("never ends a later process with the pid that is noted", async (t) => {
    const { dir, fn } = newUser(t);
    await fn("start", "-d", ...ONE_NODE);
    const path = join(dir, ".fn", "run.json");
    const noted = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...noted, identity: "of an earlier process" }));
    assert.match((await fn("stop")).stdout, /^Nothing runs/);
    assert.equal((await fetch(`http://${noted.address}/version`)).status, 200);
    // For the undoing of this test.
    writeFileSync(path, JSON.stringify(noted));
  });

  test("kills what does not stop within the time it is given", async (t) => {
    const { dir, fn } = newUser(t);
    await fn("start", "-d", ...ONE_NODE);
    const { nodes } = JSON.parse(readFileSync(join(dir, ".fn", "run.json"), "utf8"));
    // Who is stopped hears no SIGTERM.
    process.kill(nodes[0].pid, "SIGSTOP");
    const { code, stderr } = await fn("stop", "--timeout", "1s");
    assert.equal(code, 1);
    assert.match(stderr, /was killed/);
    await eventually(() => processesWith(dir).length === 0, "no process is left");
  });
});
