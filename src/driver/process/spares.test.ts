import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { after, before, describe, type TestContext } from "node:test";
import { pino } from "pino";
import { FakeClock } from "../../clock/fake-clock.ts";
import { FnError } from "../../model/errors.ts";
import type { Command } from "../common/func-file.ts";
import { makeTempFunctions, type TempFunctions } from "../common/temp-functions.suite.ts";
import { test } from "../limited-test.suite.ts";
import { ProcessContainer } from "./container.ts";
import { FORK_GAP_MS, QUIET_MS, Spares } from "./spares.ts";

const never = new AbortController().signal;
const log = pino({ level: "silent" });

let functions: TempFunctions;
before(async () => {
  functions = await makeTempFunctions();
});
after(async () => {
  assert.deepEqual(await functions.remove(), [], "a process outlived its container");
});

interface Rig {
  readonly clock: FakeClock;
  readonly spares: Spares;
  create(command: Command, socketPath?: string | null): ProcessContainer;
  /** Until a container's output ends. */
  outputOf(command: Command): Promise<string>;
}

/** So many spares wait. */
async function rigWith(t: TestContext, count: number): Promise<Rig> {
  const clock = new FakeClock();
  const spares = new Spares(clock, count);
  t.after(() => spares.close());
  await clock.advance(QUIET_MS + count * FORK_GAP_MS);
  assert.equal(spares.size, count);

  const create = (command: Command, socketPath: string | null = "/somewhere") => {
    const env = { PATH: "/usr/bin:/bin" };
    const folder = functions.functionsRoot;
    const parts = { id: "c1", command, folder, env, socketPath: socketPath ?? undefined };
    const container = new ProcessContainer(parts, { spares, log, onRemove: async () => {} });
    t.after(() => container.remove());
    return container;
  };
  const outputOf = async (command: Command) => {
    const container = create(command);
    await container.start(never);
    return (await text(container.stdout)).trim();
  };
  return { clock, spares, create, outputOf };
}

describe("the processes that are forked ahead of time", () => {
  test("are forked one at a time, as many as there may be, once it has been quiet for a while", async (t) => {
    const clock = new FakeClock();
    const spares = new Spares(clock, 2);
    t.after(() => spares.close());
    const sizes: number[] = [];
    for (const ms of [QUIET_MS - 1, 1, FORK_GAP_MS, 100 * FORK_GAP_MS]) {
      await clock.advance(ms);
      sizes.push(spares.size);
    }
    assert.deepEqual(sizes, [0, 1, 2, 2]);
  });

  test("are not forked while containers are being started", async (t) => {
    const { clock, spares, outputOf } = await rigWith(t, 2);
    for (let starts = 0; starts < 4; starts++) {
      await outputOf(["true"]);
      await clock.advance(QUIET_MS - 1);
    }
    assert.equal(spares.size, 0);
    await clock.advance(QUIET_MS);
    assert.equal(spares.size, 2);
  });

  test("are not missed when somebody ends them: a container starts without one", async (t) => {
    const { spares, create } = await rigWith(t, 1);
    for (const pid of childrenOf(process.pid)) process.kill(pid, "SIGKILL");
    while (spares.size > 0) await new Promise(setImmediate);
    const container = create(["true"]);
    await container.start(never);
    assert.equal((await container.exited).code, 0);
  });

  test("end when they are closed, and no other is forked", async (t) => {
    const { clock, spares } = await rigWith(t, 2);
    await spares.close();
    assert.equal(spares.size, 0);
    assert.equal(clock.pending, 0);
  });

  test("end with a server that is killed", async () => {
    const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    const program = `
      import { FakeClock } from ${url("../../clock/fake-clock.ts")};
      import { FORK_GAP_MS, QUIET_MS, Spares } from ${url("./spares.ts")};
      import { readFileSync } from "node:fs";
      const clock = new FakeClock();
      const spares = new Spares(clock, 2);
      await clock.advance(QUIET_MS + 2 * FORK_GAP_MS);
      console.log(readFileSync("/proc/self/task/" + process.pid + "/children", "utf8"));
      process.kill(process.pid, "SIGKILL");
    `;
    const server = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(server, "exit");
    const pids = (await text(server.stdout)).trim().split(" ").map(Number);
    await ended;
    assert.equal(pids.length, 2);
    for (const pid of pids) while (isAlive(pid)) await new Promise(setImmediate);
  });
});

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("a container that starts in one of them", () => {
  test("takes it", async (t) => {
    const { spares, outputOf } = await rigWith(t, 2);
    assert.equal(await outputOf(["echo", "hello"]), "hello");
    assert.equal(spares.size, 1);
  });

  test("works in its folder", async (t) => {
    const { outputOf } = await rigWith(t, 1);
    assert.equal(await outputOf(["pwd"]), functions.functionsRoot);
  });

  test("has its environment and nothing else", async (t) => {
    const { outputOf } = await rigWith(t, 1);
    assert.equal(await outputOf(["env"]), "PATH=/usr/bin:/bin");
  });

  test("has an input that is at its end, and no descriptors but the usual three", async (t) => {
    const { outputOf } = await rigWith(t, 1);
    const descriptors = (await outputOf(["sh", "-c", "cat; ls /proc/self/fd"])).split("\n").map(Number);
    // Node hands down what it was itself started with above 15. The last one is that of the listing.
    assert.deepEqual(descriptors.filter((descriptor) => descriptor <= 15).sort(), [0, 1, 2, 3]);
  });

  test("leads a process group and session of its own", async (t) => {
    const { outputOf } = await rigWith(t, 1);
    const output = await outputOf(["sh", "-c", "cut -d' ' -f1,5,6 /proc/$$/stat"]);
    const [pid, group, session] = output.split(" ");
    assert.deepEqual([group, session], [pid, pid]);
  });

  test("tells how it ended", async (t) => {
    const { create } = await rigWith(t, 2);
    const [exits, dies] = [create(["sh", "-c", "exit 7"]), create(["sh", "-c", "kill -TERM $$"])];
    await Promise.all([exits.start(never), dies.start(never)]);
    assert.equal((await exits.exited).code, 7);
    assert.equal((await dies.exited).signal, "SIGTERM");
  });

  test("can be removed at once, with all that it has started", async (t) => {
    const { create } = await rigWith(t, 2);
    const [young, old] = [create(["sleep", "1000"]), create(["sh", "-c", "sleep 1000 & echo up; wait"])];
    await young.start(never);
    await old.start(never);
    await once(old.stdout, "data");
    await Promise.all([young.remove(), old.remove()]);
    assert.equal((await young.exited).signal, "SIGKILL");
  });

  test("is paused and goes on as any other", async (t) => {
    const { create } = await rigWith(t, 1);
    const container = create(["sleep", "1000"]);
    await container.start(never);
    await container.pause();
    await container.unpause();
  });
});

describe("a container that starts without one, though one waits", () => {
  test("is one that talks through its standard streams", async (t) => {
    const { spares, create } = await rigWith(t, 1);
    const container = create(["cat"], null);
    await container.start(never);
    container.stdin.end("hello");
    assert.equal(await text(container.stdout), "hello");
    assert.equal(spares.size, 1);
  });

  test("is one whose program is not there, and says so", async (t) => {
    const { spares, create } = await rigWith(t, 1);
    const isFailed = (error: unknown) =>
      error instanceof FnError &&
      error.code === "container_start_failed" &&
      /not found/.test(error.hint ?? "");
    await assert.rejects(create(["./missing"]).start(never), isFailed);
    assert.equal(spares.size, 1);
  });
});
