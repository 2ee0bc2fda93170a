/** What functions in real containers can do wrong: it fails their own calls, and nothing else. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { exchange, leaveAfter, MIB } from "./support/bodies.ts";
import {
  type DockerNode,
  engine,
  memoryGainMib,
  ownerOfSuite,
  skipWithoutEngine,
  startDockerNode,
} from "./support/docker.ts";
import { createRoute, eventually } from "./support/programs.ts";

/** What a node may hold of bodies that pass through it, whatever their size: buffers, and what awaits collection. */
const HELD_MIB_MAX = 80;

const skip = await skipWithoutEngine();
let node: DockerNode;

async function call(path: string): Promise<Response> {
  return await fetch(`${node.url}/r/t${path}`);
}

async function assertFails(path: string, status: number, code: string): Promise<void> {
  const answer = await call(path);
  const { error } = (await answer.json()) as { error: { code: string; message: string } };
  assert.deepEqual({ status: answer.status, code: error.code }, { status, code }, error.message);
}

/** Waits for its container; on a machine with much to do a call with a short timeout may give up before. */
async function warmUp(path: string): Promise<void> {
  await eventually(async () => (await call(path)).status === 200, "its container is up", 30_000);
}

/** The containers of one function. */
async function containersOf(path: string): Promise<string[]> {
  const ids = await node.containers();
  // One that goes meanwhile is none of them.
  const all = await Promise.allSettled(ids.map((id) => engine.getContainer(id).inspect()));
  return all.flatMap((found) => {
    if (found.status === "rejected") return [];
    const { Config, Id } = found.value;
    return Config.Env.includes(`FN_PATH=${path}`) ? [Id] : [];
  });
}

/** A number of the node's metrics. */
async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  const line = text.split("\n").find((line) => line.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}

/** A test at whose end a function that does nothing wrong is called. */
function faultTest(name: string, body: (path: string) => Promise<void>, settings = {}): void {
  const path = `/f${++faults}`;
  test(name, async () => {
    await createRoute(node, path, "unruly", settings);
    await body(path);
    const next = await call("/healthy");
    assert.equal(next.status, 200);
    assert.equal(await next.text(), "fine");
  });
}
let faults = 0;

describe("a function in a container", { skip }, () => {
  const owner = ownerOfSuite();
  before(async () => {
    node = await startDockerNode(owner);
    await createRoute(node, "/healthy", "unruly", { idle_timeout: 300 });
    assert.equal((await call("/healthy")).status, 200);
  });

  faultTest(
    "that is killed in the middle of a call fails it with 502, and the next call works",
    async (path) => {
      await warmUp(path);
      const [id = ""] = await containersOf(path);
      const failed = assertFails(`${path}?do=sleep&amount=60000`, 502, "container_exited");
      await eventually(async () => (await metric('fn_containers{state="busy"}')) === 1, "the call runs");
      await engine.getContainer(id).kill();
      await failed;
      assert.equal((await call(path)).status, 200);
    },
  );

  faultTest(
    "that forks a thousand processes gets no more than its share, while others are served",
    async (path) => {
      const bomb = call(`${path}?do=fork&amount=1000`);
      assert.equal((await call("/healthy")).status, 200);
      const { started, refused } = (await (await bomb).json()) as { started: number; refused: number };
      assert.equal(started + refused, 1000);
      assert.ok(started < 128, `${started} processes`);
      const [id = ""] = await containersOf(path);
      const { pids_stats } = await engine.getContainer(id).stats({ stream: false, "one-shot": true });
      const pids = pids_stats?.current ?? 0;
      assert.ok(pids > 0 && pids <= 128, `${pids} processes and threads`);
      await eventually(async () => (await containersOf(path)).length === 0, "it is gone with all of them");
    },
    { memory: 1024, idle_timeout: 1 },
  );

  for (const format of ["http", "http-stream"]) {
    faultTest(
      `of format ${format} that wants more memory than it may have is told so with 502`,
      (path) => assertFails(`${path}?do=hog`, 502, "container_out_of_memory"),
      { format },
    );

    faultTest(
      `of format ${format} that ends with 137 by itself is not out of memory`,
      (path) => assertFails(`${path}?do=exit&amount=137`, 502, "container_exited"),
      { format },
    );

    faultTest(
      `of format ${format} that ends with 0 in the middle of a call fails it with 502 at once`,
      async (path) => {
        await warmUp(path);
        const beganMs = performance.now();
        await assertFails(`${path}?do=exit&amount=0`, 502, "container_exited");
        const tookMs = performance.now() - beganMs;
        assert.ok(tookMs < 5_000, `${tookMs} ms`);
      },
      { format },
    );

    faultTest(
      `of format ${format} that never reads its input ends by its timeout, and the node holds none of it`,
      async (path) => {
        await warmUp(path);
        const gainMib = await memoryGainMib(node.pid, async () => {
          const { status } = await exchange(`${node.url}/r/t${path}?do=deaf`, 90);
          assert.equal(status, 504);
        });
        assert.ok(gainMib < HELD_MIB_MAX / 2, `${gainMib} MiB`);
      },
      { format, timeout: 2 },
    );

    faultTest(
      `of format ${format} that answers before it has read its input is heard`,
      async (path) => {
        assert.deepEqual(await exchange(`${node.url}/r/t${path}`, 90), { status: 200, bytes: "fine".length });
        assert.equal((await call(path)).status, 200);
      },
      { format },
    );

    faultTest(
      `of format ${format} that answers a byte a second is broken off by its timeout`,
      async (path) => {
        await warmUp(path);
        const answer = await call(`${path}?do=drip`);
        assert.equal(answer.status, 200);
        const cut = assert.rejects(answer.text());
        assert.equal((await call("/healthy")).status, 200);
        await cut;
      },
      { format, timeout: 3 },
    );

    faultTest(
      `of format ${format} that is left in the middle of its answer is removed`,
      async (path) => {
        const leave = new AbortController();
        const answer = await fetch(`${node.url}/r/t${path}?do=drip`, { signal: leave.signal });
        const cut = assert.rejects(answer.text());
        leave.abort();
        await cut;
        await eventually(async () => (await containersOf(path)).length === 0, "its container is gone");
      },
      { format, timeout: 60 },
    );
  }

  faultTest("can fill its /tmp and nothing else", async (path) => {
    const { socket: _, ...stops } = (await (await call(`${path}?do=fill`)).json()) as Record<string, string>;
    assert.deepEqual(stops, { tmp: "ENOSPC", root: "EROFS", own: "EROFS" });
  });

  faultTest(
    "that prints garbage instead of answers fails its call with 502, and the next call works",
    async (path) => {
      await assertFails(`${path}?do=print`, 502, "answer_invalid");
      assert.equal(await (await call(path)).text(), "fine");
    },
    { format: "http" },
  );

  faultTest("that prints beside its socket says so in its log only", async (path) => {
    assert.equal(await (await call(`${path}?do=print`)).text(), "fine");
  });

  faultTest(
    "that answers 2 GB is passed on whole, and the node holds none of it",
    async (path) => {
      const url = `${node.url}/r/t${path}?do=give&amount`;
      await exchange(`${url}=10`, 0);
      const gainMib = await memoryGainMib(node.pid, async () => {
        assert.deepEqual(await exchange(`${url}=2048`, 0), { status: 200, bytes: 2048 * MIB });
      });
      assert.ok(gainMib < HELD_MIB_MAX, `${gainMib} MiB`);
    },
    { timeout: 110 },
  );

  faultTest(
    "that answers 10 GB to a caller who leaves is removed, and what was held for it is free",
    async (path) => {
      const gainMib = await memoryGainMib(node.pid, async () => {
        await leaveAfter(`${node.url}/r/t${path}?do=give&amount=10240`, 300);
        await eventually(async () => (await containersOf(path)).length === 0, "its container is gone");
      });
      assert.ok(gainMib < HELD_MIB_MAX, `${gainMib} MiB`);
    },
    { timeout: 60 },
  );
});

describe("a node that was killed with -9", { skip }, () => {
  test("leaves containers and sockets that the next one removes", async (t) => {
    const killed = await startDockerNode(t);
    await createRoute(killed, "/stream", "unruly");
    await createRoute(killed, "/stdio", "unruly", { format: "http" });
    for (const path of ["stream", "stdio"]) {
      assert.equal((await fetch(`${killed.url}/r/t/${path}`)).status, 200);
    }
    killed.program.child.kill("SIGKILL");
    await killed.program.ended;
    assert.equal((await killed.containers()).length, 2);
    assert.equal(killed.socketDirs().length, 1);

    const next = await startDockerNode(t, { dir: killed.dir });
    assert.deepEqual(await killed.everything(), []);
    assert.deepEqual(next.socketDirs(), []);
    assert.equal((await fetch(`${next.url}/r/t/stream`)).status, 200);
  });
});
