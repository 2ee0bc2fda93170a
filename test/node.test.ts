/** One node as a program, with functions that behave and functions that do not. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import {
  createRoute,
  eventually,
  type NodeRig,
  processesWith,
  startNode,
  startProgram,
  tempDir,
  written,
} from "./support/programs.ts";

async function call(node: NodeRig, path: string, body?: string): Promise<Response> {
  return await fetch(`${node.url}/r/t${path}`, body === undefined ? {} : { method: "POST", body });
}

/** What the function `count` says. */
interface Counted {
  readonly pid: number;
  readonly calls: number;
  readonly id: string | null;
}

async function count(node: NodeRig, path: string): Promise<Counted> {
  return (await (await call(node, path)).json()) as Counted;
}

async function errorMessage(answer: Response): Promise<string> {
  return ((await answer.json()) as { error: { message: string } }).error.message;
}

async function get<T>(node: NodeRig, path: string): Promise<T> {
  const answer = await fetch(`${node.url}${path}`);
  assert.equal(answer.status, 200, path);
  return (await answer.json()) as T;
}

async function recordOf(node: NodeRig, answer: Response): Promise<{ status: string; error?: string }> {
  const id = answer.headers.get("fn_call_id");
  return (await get<{ call: { status: string; error?: string } }>(node, `/v1/apps/t/calls/${id}`)).call;
}

async function logOf(node: NodeRig, answer: Response): Promise<string> {
  const id = answer.headers.get("fn_call_id");
  return (await get<{ log: { log: string } }>(node, `/v1/apps/t/calls/${id}/log`)).log.log;
}

describe("a hot function", () => {
  test("has one container for calls one after another", async (t) => {
    const node = await startNode(t);
    await createRoute(node, "/count", "count");
    const pids = new Set<number>();
    for (let i = 1; i <= 20; i++) {
      const { pid, calls } = await count(node, "/count");
      pids.add(pid);
      assert.equal(calls, i);
    }
    assert.equal(pids.size, 1);
  });

  test("answers each of many concurrent callers with their own answer", async (t) => {
    const node = await startNode(t);
    await createRoute(node, "/count", "count");
    const ids = Array.from({ length: 200 }, (_, i) => String(i));
    const answers = await Promise.all(ids.map((id) => count(node, `/count?ms=5&id=${id}`)));
    assert.deepEqual(
      answers.map(({ id }) => id),
      ids,
    );
  });

  test("is gone after its idle timeout", async (t) => {
    const node = await startNode(t);
    await createRoute(node, "/count", "count", { idle_timeout: 1 });
    const { pid } = await count(node, "/count");
    await eventually(() => !processesWith(node.dir).includes(pid), "the container has ended");
    assert.notEqual((await count(node, "/count")).pid, pid);
  });
});

describe("a cold function", () => {
  test("gets its input on stdin, and its output is the answer", async (t) => {
    const node = await startNode(t);
    await createRoute(node, "/cold", "cold");
    const answer = await call(node, "/cold", "shout");
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), "SHOUT");
  });

  test("that ends with another exit code than 0 is a 502, whatever it wrote before", async (t) => {
    const node = await startNode(t);
    await createRoute(node, "/cold", "cold");
    const answer = await call(node, "/cold", "exit 3");
    assert.equal(answer.status, 502);
    assert.equal(await errorMessage(answer), "container exit code 3");
    assert.equal((await recordOf(node, answer)).status, "error");
  });
});

describe("a function that misbehaves fails its own call, and the next one works", () => {
  async function startMoody(t: TestContext, timeout = 2): Promise<NodeRig> {
    const node = await startNode(t);
    await createRoute(node, "/moody", "moody", { timeout });
    return node;
  }

  async function assertNextIsFine(node: NodeRig): Promise<void> {
    const next = await call(node, "/moody");
    assert.equal(next.status, 200);
    assert.equal(await next.text(), "fine");
  }

  const failures: readonly (readonly [what: string, doing: string, status: number, record: string])[] = [
    ["prints garbage", "garbage", 502, "error"],
    ["ends with code 7 in the middle of a call", "exit&code=7", 502, "error"],
    ["ends with code 0 in the middle of a call", "exit&code=0", 502, "error"],
    ["takes longer than its timeout", "sleep", 504, "timeout"],
  ];
  for (const [what, doing, status, recordStatus] of failures) {
    test(`one that ${what} is a ${status}`, async (t) => {
      const node = await startMoody(t);
      await assertNextIsFine(node);
      const answer = await call(node, `/moody?do=${doing}`);
      assert.equal(answer.status, status);
      assert.equal(typeof (await errorMessage(answer)), "string");
      await assertNextIsFine(node);
      assert.equal((await recordOf(node, answer)).status, recordStatus);
    });
  }

  test("one that ends in the middle of an answer is a 502; where its end took longer than an answer is held, the answer breaks off", async (t) => {
    const node = await startMoody(t);
    await assertNextIsFine(node);
    const answer = await call(node, "/moody?do=part");
    // A busy machine takes its time to end a process.
    if (answer.status === 200) await assert.rejects(answer.text());
    else assert.equal(answer.status, 502);
    await assertNextIsFine(node);
    assert.equal((await recordOf(node, answer)).status, "error");
  });

  test("one that writes 2 MiB to stderr is fine, and its log keeps 1 MiB", async (t) => {
    const node = await startMoody(t);
    const answer = await call(node, "/moody?do=noise");
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), "fine");
    const log = await logOf(node, answer);
    const closing = "\n-----max log size 1048576 bytes exceeded, truncating log-----\n";
    assert.equal(log.length, 1_048_576 + closing.length);
    assert.ok(log.startsWith("xxx") && log.endsWith(closing));
    await assertNextIsFine(node);
  });

  test("one that answers more than it was asked gives nothing of it to anybody", async (t) => {
    const node = await startMoody(t);
    assert.equal(await (await call(node, "/moody?do=surplus")).text(), "ok");
    await assertNextIsFine(node);
  });

  test("one that cannot start is a 502, and its callers find in the log why", async (t) => {
    const node = await startNode(t);
    await createRoute(node, "/broken", "broken");
    const answers = await Promise.all(Array.from({ length: 5 }, () => call(node, "/broken")));
    for (const answer of answers) {
      assert.equal(answer.status, 502);
      assert.equal(await logOf(node, answer), "no licence found\n");
    }
  });

  test("what each call writes to stderr is in its own log and in no other", async (t) => {
    const node = await startMoody(t, 60);
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, id) => ({
        id,
        answer: await call(node, `/moody?do=say&id=${id}`),
      })),
    );
    for (const { id, answer } of answers) assert.equal(await logOf(node, answer), `said by ${id}\n`);
  });
});

describe("a node", () => {
  test("serves 200 functions at concurrency 20, and afterwards has as many processes as before", async (t) => {
    const node = await startNode(t);
    const processesBefore = processesWith(node.dir).length;
    const paths = Array.from({ length: 200 }, (_, i) => `/f${i}`);
    for (const path of paths) await createRoute(node, path, "count", { idle_timeout: 1 });
    const queue = [...paths];
    const statuses: number[] = [];
    const caller = async () => {
      for (let path = queue.pop(); path; path = queue.pop()) {
        const answer = await call(node, path);
        statuses.push(answer.status);
        await answer.text();
      }
    };
    await Promise.all(Array.from({ length: 20 }, caller));
    assert.deepEqual(statuses, Array(200).fill(200));
    await eventually(() => processesWith(node.dir).length === processesBefore, "all containers are gone");
  });

  test("with memory for one container serves two functions by turns: the idle one makes room", async (t) => {
    const node = await startNode(t, { args: ["-memory", String(128 * 1024 * 1024)] });
    await createRoute(node, "/a", "count");
    await createRoute(node, "/b", "count");
    for (const path of ["/a", "/b", "/a"]) assert.equal((await call(node, path)).status, 200);
  });

  test("answers 503 when a call needs more memory than there ever is", async (t) => {
    const node = await startNode(t, { args: ["-memory", String(100 * 1024 * 1024)] });
    await createRoute(node, "/a", "count");
    const answer = await call(node, "/a");
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("retry-after"), "15");
    assert.equal((await recordOf(node, answer)).status, "error");
  });

  test("tells how it does: live, ready, and in the text format of Prometheus", async (t) => {
    const node = await startNode(t);
    await createRoute(node, "/count", "count");
    await call(node, "/count");
    assert.deepEqual(await get(node, "/health/live"), { state: "live" });
    assert.deepEqual(await get(node, "/health/ready"), { state: "ready" });
    const metrics = await fetch(`${node.url}/metrics`);
    assert.match(metrics.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    const lines = (await metrics.text()).split("\n");
    assert.ok(lines.includes('fn_completed{fn_appname="t",fn_path="/count"} 1'));
    assert.ok(lines.includes('fn_containers{state="idle"} 1'));
    assert.ok(lines.includes("fn_memory_used_bytes 134217728"));
  });

  test("shows a changed route to the next call", async (t) => {
    const node = await startNode(t);
    await createRoute(node, "/x", "count");
    await call(node, "/x");
    const change = JSON.stringify({ route: { image: "dir:test/functions/moody" } });
    await fetch(`${node.url}/v1/apps/t/routes/x`, { method: "PATCH", body: change });
    assert.equal(await (await call(node, "/x")).text(), "fine");
  });

  test("on SIGTERM under load cuts no call that has begun, ends with 0, and leaves no process", async (t) => {
    const node = await startNode(t);
    await createRoute(node, "/count", "count");
    const begun = Array.from({ length: 20 }, async (_, id) => {
      const answer = await call(node, `/count?ms=300&id=${id}`);
      return { status: answer.status, id: ((await answer.json()) as Counted).id };
    });
    await Promise.race(begun);
    const more = Array.from({ length: 5 }, (_, id) =>
      call(node, `/count?ms=300&id=${id}`).then((a) => a.status),
    );
    // All of these have been accepted: the node has answered one that came after them.
    await fetch(`${node.url}/version`);
    node.program.child.kill("SIGTERM");
    for (const [id, { status, id: answered }] of (await Promise.all(begun)).entries()) {
      assert.deepEqual({ status, answered }, { status: 200, answered: String(id) });
    }
    assert.deepEqual(await Promise.all(more), [200, 200, 200, 200, 200]);
    assert.equal(await node.program.ended, 0, node.program.output());
    assert.deepEqual(processesWith(node.dir), []);
  });

  test("on a second SIGTERM ends at once, and takes its functions with it", async (t) => {
    const node = await startNode(t);
    await createRoute(node, "/count", "count");
    const begun = call(node, "/count?ms=60000").catch(() => undefined);
    await eventually(() => processesWith(node.dir).length === 2, "the function runs");
    node.program.child.kill("SIGTERM");
    await written(node.program, "stopping");
    node.program.child.kill("SIGTERM");
    assert.equal(await node.program.ended, 1);
    await begun;
    await eventually(() => processesWith(node.dir).length === 0, "no process is left");
  });

  test("killed with -9 leaves functions that the next node with its work folder ends", async (t) => {
    const dir = tempDir(t);
    const node = await startNode(t, { dir });
    await fetch(`${node.url}/v1/apps/t/routes`, {
      method: "POST",
      body: JSON.stringify({ route: { path: "/h", image: "dir:functions/hello" } }),
    });
    await call(node, "/h");
    node.program.child.kill("SIGKILL");
    await node.program.ended;
    assert.equal(processesWith(dir).length, 1, "the function is left");
    await startNode(t, { dir });
    await eventually(() => processesWith(dir).length === 1, "only the new node is there");
    assert.equal((await call(await startNode(t, { dir }), "/h")).status, 200, "routes are kept");
  });
});

describe("a node that cannot start says why in one sentence", () => {
  const cases: readonly (readonly [what: string, args: readonly string[], code: number, sentence: RegExp])[] =
    [
      ["an unknown flag", ["-nope"], 2, /-nope is no flag/],
      ["a port that is no number", ["-port", "abc"], 2, /whole number from 0 to 65535/],
      ["a node name that no header can carry", ["-node-name", "n\u0153ud"], 2, /letters, digits, dots/],
      ["a driver that does not exist", ["-driver", "podman"], 2, /auto, process, docker/],
      ["a database of an unknown kind", ["-db", "mongodb://x"], 1, /db type not supported mongodb/],
      ["a database file that is none", ["-db", `sqlite3://${import.meta.filename}`], 1, /node\.test\.ts/],
      ["a database folder that cannot be made", ["-db", "sqlite3:///dev/null/x/fn.db"], 1, /\/dev\/null/],
    ];
  for (const [what, args, code, sentence] of cases) {
    test(`${what}: exit code ${code}`, async (t) => {
      const program = startProgram(t, "fnserver", ["-iofs-path", tempDir(t), "-port", "0", ...args]);
      assert.equal(await program.ended, code, program.output());
      assert.match(program.output(), sentence);
      assert.doesNotMatch(program.output(), /\n\s+at /, "no stack trace");
    });
  }

  test("a port in use: exit code 1", async (t) => {
    const node = await startNode(t);
    const port = new URL(node.url).port;
    const dir = tempDir(t);
    const second = startProgram(t, "fnserver", ["-port", port, "-db", `sqlite3://${join(dir, "fn.db")}`]);
    assert.equal(await second.ended, 1);
    assert.match(second.output(), new RegExp(`:${port} is in use already`));
  });
});

describe("a route for a folder", () => {
  const refusals: readonly (readonly [what: string, image: string, status: number])[] = [
    ["that does not exist", "dir:test/functions/nope", 404],
    ["outside the functions root", "dir:../..", 400],
    ["without a func.yaml", "dir:test", 404],
    ["whose func.yaml does not parse", "dir:test/functions/unparsable", 400],
  ];
  for (const [what, image, status] of refusals) {
    test(`${what} is refused with ${status}, and nothing is stored`, async (t) => {
      const node = await startNode(t);
      const body = JSON.stringify({ route: { path: "/x", image } });
      const answer = await fetch(`${node.url}/v1/apps/t/routes`, { method: "POST", body });
      assert.equal(answer.status, status, await answer.clone().text());
      assert.match(await errorMessage(answer), /^Failed to pull image/);
      assert.equal((await fetch(`${node.url}/v1/apps/t`)).status, 404);
    });
  }
});
