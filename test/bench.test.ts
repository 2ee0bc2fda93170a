/** Each benchmark in its tiny size, so that none of them rots, and the pieces whose mistakes no number would show. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, type TestContext, test } from "node:test";
import { parseServerTiming } from "../bench/call.ts";
import { DOCKER_HOST, isEngineThere } from "../bench/engine.ts";
import { compileEcho } from "../bench/native.ts";
import { forEachOf } from "../bench/parallel.ts";
import { isInstalled, Programs } from "../bench/programs.ts";
import { compare, inTurns, median } from "../bench/rounds.ts";
import { parseWrk } from "../bench/wrk.ts";
import { connectEngine } from "../src/driver/docker/engine.ts";
import { eventually, processesWith, projectRoot, tempDir } from "./support/programs.ts";

interface BenchRun {
  readonly child: ChildProcess;
  /** Resolves with its exit code and all it has written. */
  readonly ended: Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  /** Marks every process of the benchmark. */
  readonly dir: string;
}

function startBench(t: TestContext, args: readonly string[], env: Record<string, string> = {}): BenchRun {
  const dir = tempDir(t);
  // A PostgreSQL does not run as root: whoever it runs as must find its folder in this one.
  chmodSync(dir, 0o755);
  const child = spawn(process.execPath, [join(projectRoot, "bench/run.ts"), ...args], {
    env: { PATH: process.env.PATH, TMPDIR: dir, DOCKER_HOST, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill());
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (part) => {
    output.stdout += part;
  });
  child.stderr.on("data", (part) => {
    output.stderr += part;
  });
  const ended = once(child, "close").then(([code]) => ({ code, ...output }));
  return { child, ended, dir };
}

/** The name that the containers of a benchmark carry, and its image. */
async function nameOf({ dir }: BenchRun): Promise<string> {
  const names = () => readdirSync(dir).filter((name) => name.startsWith("hotfn-bench-"));
  await eventually(() => names().length > 0, "the benchmark has a folder");
  return names()[0] ?? "";
}

/** What a benchmark has in the engine: its containers and its images. */
async function inEngine(name: string): Promise<string[]> {
  if (!(await isEngineThere())) return [];
  const engine = connectEngine(DOCKER_HOST);
  const containers = await engine.listContainers({
    all: true,
    filters: { label: [`hotfn.instance=${name}`] },
  });
  const images = await engine.listImages({ filters: { reference: [`*/*:${name}`] } });
  return [...containers, ...images].map(({ Id }) => Id);
}

/** Runs a tiny benchmark, and gives the one line it writes to stdout. */
async function runTiny(t: TestContext, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const run = startBench(t, [...args, "--size", "tiny"]);
  const name = await nameOf(run);
  const { code, stdout, stderr } = await run.ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(processesWith(run.dir), [], "no process is left");
  assert.deepEqual(await inEngine(name), [], "nothing is left in the engine");
  assert.match(stdout, /^\{.*\}\n$/, "one line of JSON");
  const result = JSON.parse(stdout);
  assert.equal(result.bench, args[0]);
  assertNumbers(result, ["rate", "ratio", "p50", "p99"]);
  return result;
}

function assertNumbers(result: unknown, names: readonly string[]): void {
  // As JSON it came, so it is at least an object.
  for (const name of names) assert.ok(Number((result as Record<string, unknown>)[name]) > 0, `no ${name}`);
}

/** Where everything is required, what is missing is said by the benchmark, and fails its test. */
function skipUnless(...needs: readonly (string | false)[]): string | false {
  if (process.env.CI_REQUIRE_ALL === "true") return false;
  return needs.find((missing) => missing !== false) ?? false;
}

const has = (program: string) => isInstalled([program, "--version"]);
const noWrk = !has("wrk") && "wrk is not installed";
const noHey = !has("hey") && "hey is not installed";
const noCompiler = !has("cc") && "there is no C compiler";
const noHaproxy = !has("haproxy") && "haproxy is not installed";
const noNginx = !has("nginx") && "nginx is not installed";
const noDocker = !has("docker") && "the docker command is not installed";
const noEngine = !(await isEngineThere()) && `no Docker engine answers at ${DOCKER_HOST}`;

describe("the benchmark", { concurrency: 2 }, () => {
  for (const driver of ["process", "docker"] as const) {
    const skip = skipUnless(noWrk, noCompiler, driver === "docker" && noEngine);

    test(`node-hot compares a node with a bare relay, driver ${driver}`, { skip }, async (t) => {
      const result = await runTiny(t, "node-hot", "--driver", driver);
      assertNumbers(result, ["straight"]);
      assertNumbers(result.relay, ["rate", "p50", "p99"]);
      assert.deepEqual(Object.keys(result.connections ?? {}), ["32"]);
    });

    test(`node-hot-stdio does so over standard streams, driver ${driver}`, { skip }, async (t) => {
      const result = await runTiny(t, "node-hot-stdio", "--driver", driver);
      assertNumbers(result.relay, ["rate", "p50", "p99"]);
      assert.deepEqual(Object.keys(result.connections ?? {}), ["8"]);
    });

    const skipBurst = skipUnless(noCompiler, driver === "docker" && noEngine);
    test(`burst counts the containers of many callers, driver ${driver}`, { skip: skipBurst }, async (t) => {
      const result = await runTiny(t, "burst", "--driver", driver);
      assertNumbers(result, ["containers"]);
      assertNumbers(result.slow, ["rate", "ratio", "p50", "p99", "p99Ratio", "containers", "startMs"]);
    });
  }

  test("cold compares first calls with the docker command, and says where they spend their time", {
    skip: skipUnless(noCompiler, noEngine, noDocker),
  }, async (t) => {
    const result = await runTiny(t, "cold");
    for (const peer of ["run", "engine", "engineShared"]) assertNumbers(result[peer], ["p50", "p99"]);
    assertNumbers(result.steps, ["create", "start", "init", "run"]);
  });

  test("thousand calls every function once, and has no more containers than fit", {
    skip: skipUnless(noCompiler, noEngine),
  }, async (t) => {
    const result = await runTiny(t, "thousand");
    assert.deepEqual(result.codes, { 200: 10 });
    assert.ok(Number(result.containersMax) > 0 && Number(result.containersMax) <= 4);
    assertNumbers(result, ["seconds"]);
    assert.deepEqual(Object.keys((result.engine as { secondsEach: object }).secondsEach), ["1", "2", "4"]);
  });

  test("lb-forward compares the balancer with HAProxy and nginx", {
    skip: skipUnless(noWrk, noCompiler, noHaproxy, noNginx),
  }, async (t) => {
    const { large, haproxy, nginx, connections, ...result } = await runTiny(t, "lb-forward");
    assertNumbers(haproxy, ["rate", "p50", "p99"]);
    assertNumbers(nginx, ["rate", "ratio", "p50", "p99"]);
    assertNumbers(large, ["rate", "ratio", "p50", "p99"]);
    assert.deepEqual(Object.keys(connections ?? {}), ["32"]);
    assert.equal(typeof result.idleKib, "number");
  });

  test("records compares a node that keeps records with one that does not, on both databases", {
    skip: skipUnless(noWrk, noHey, noCompiler),
  }, async (t) => {
    const { postgres, full, ...result } = await runTiny(t, "records");
    assertNumbers(result, ["rate", "ratio", "p50", "p99"]);
    assertNumbers(full, ["rate", "ratio", "p99"]);
    assertNumbers(postgres, ["rate", "ratio", "p50", "p99"]);
  });

  test("lb-place counts decisions, and the memory of a table that is full", async (t) => {
    const result = await runTiny(t, "lb-place");
    assertNumbers(result, ["rate", "ratio", "p50", "p99"]);
    assert.deepEqual(Object.keys(result.rates ?? {}), ["1", "10", "1000"]);
  });

  test("calls lists pages of both databases, by each filter", async (t) => {
    const { calls, slowestMs, pagesMs } = await runTiny(t, "calls");
    assertNumbers({ calls }, ["calls"]);
    assertNumbers(slowestMs, ["sqlite", "postgres"]);
    // The types of a benchmark's result are its own.
    const { sqlite, postgres } = pagesMs as Record<string, object>;
    assert.deepEqual(Object.keys(sqlite ?? {}), Object.keys(postgres ?? {}));
    assertNumbers(sqlite, ["newest", "path, of a second", "dead, middle"]);
  });

  test("leaves no process when it is interrupted", { skip: skipUnless(noCompiler) }, async (t) => {
    const { child, ended, dir } = startBench(t, ["burst", "--size", "tiny"]);
    await eventually(() => processesWith(dir).length > 2, "a node and a function run");
    child.kill("SIGINT");
    assert.equal((await ended).code, 130);
    assert.deepEqual(processesWith(dir), []);
  });

  test("leaves nothing in the engine when it is interrupted", {
    skip: skipUnless(noCompiler, noEngine),
  }, async (t) => {
    const run = startBench(t, ["thousand", "--size", "tiny"]);
    const name = await nameOf(run);
    await eventually(async () => (await inEngine(name)).length > 1, "an image and a container", 30_000);
    run.child.kill("SIGTERM");
    assert.equal((await run.ended).code, 130);
    assert.deepEqual(await inEngine(name), []);
  });

  test("says which package it needs when wrk is missing", async (t) => {
    const { code, stderr } = await startBench(t, ["node-hot"], { PATH: "/nowhere" }).ended;
    assert.equal(code, 1);
    assert.match(stderr, /apt-get install wrk/);
  });

  test("says how to get an engine when none answers", { skip: skipUnless(noCompiler) }, async (t) => {
    const { code, stderr } = await startBench(t, ["thousand"], { DOCKER_HOST: "unix:///nowhere" }).ended;
    assert.equal(code, 1);
    assert.match(stderr, /no Docker engine answers at unix:\/\/\/nowhere/);
  });

  test("that does not exist is a wrong use", async (t) => {
    assert.equal((await startBench(t, ["nope"]).ended).code, 2);
  });
});

describe("the native function", { skip: skipUnless(noCompiler) }, () => {
  let programs: Programs;
  let program = "";
  before(async () => {
    programs = new Programs();
    program = await compileEcho(programs);
  });
  after(() => programs.close());

  /** What it writes to stdout for what it reads from stdin. */
  async function outputOf(format: string, input: string): Promise<string> {
    const child = spawn(program, { env: { FN_FORMAT: format }, stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.end(input);
    return await text(child.stdout);
  }
  const answer = (body: string) =>
    `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

  const REQUESTS = {
    "of a known length": ["POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 5\r\n\r\nhello", "hello"],
    "in chunks": [
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=1\r\nlo\r\n0\r\n\r\n",
      "hello",
    ],
    "in chunks, with a trailer": [
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
      "0123456789",
    ],
    "that is absent with one word": ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "nothing"],
  } as const;
  for (const [name, [request, body]] of Object.entries(REQUESTS)) {
    test(`answers with a body ${name}`, async () => {
      assert.equal(await outputOf("http", request), answer(body));
    });
  }

  test("answers one request after the other on one stream", async () => {
    const requests = Object.values(REQUESTS);
    const answers = requests.map(([, body]) => answer(body)).join("");
    assert.equal(await outputOf("http", requests.map(([request]) => request).join("")), answers);
  });

  test("ends when what it reads is no request", async () => {
    assert.equal(await outputOf("http", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n"), "");
  });

  test("copies its input in format default", async () => {
    assert.equal(await outputOf("default", "hello"), "hello");
  });

  test("serves several connections on its socket, whichever sends first", async () => {
    const socketPath = join(mkdtempSync(join(programs.dir, "c-")), "lsnr.sock");
    await programs.start([program, "http-stream"], { FN_LISTENER: `unix:${socketPath}` });
    const large = "x".repeat(1_000_000);
    const open = () => request({ socketPath, method: "POST", path: "/call", agent: false });
    const [first, second] = [open(), open()];
    const answers = [first, second].map(async (call) => text((await once(call, "response"))[0]));
    first.write("begun ");
    second.end(large);
    assert.equal(await answers[1], large);
    first.end("first");
    assert.equal(await answers[0], "begun first");
  });
});

describe("what Server-Timing tells", () => {
  test("is read as milliseconds for each step", () => {
    assert.deepEqual(parseServerTiming("create;dur=71.250, run;dur=0.438"), { create: 71.25, run: 0.438 });
  });
});

describe("items done in parallel", () => {
  test("are each done once, with no more under way than allowed", async () => {
    const done: number[] = [];
    let underWay = 0;
    await forEachOf([1, 2, 3, 4, 5], 2, async (item) => {
      assert.ok(++underWay <= 2);
      await new Promise(setImmediate);
      done.push(item);
      underWay--;
    });
    assert.deepEqual(done, [1, 2, 3, 4, 5]);
  });
});

describe("what wrk prints", () => {
  const output = (more = "") => `Running 3s test @ http://127.0.0.1:8080/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.41ms    1.11ms  20.21ms   98.27%
    Req/Sec    24.31k     1.22k   26.01k    77.42%
  Latency Distribution
     50%  810.00us
     75%    1.32ms
     90%    1.61ms
     99%    1.02s
  74931 requests in 3.10s, 8.86MB read
${more}Requests/sec:  24170.75
Transfer/sec:      2.86MB
`;

  test("is read as a rate, and latencies in milliseconds whatever their unit", () => {
    assert.deepEqual(parseWrk(output()), { rate: 24170.75, p50: 0.81, p99: 1020 });
  });

  for (const line of [
    "  Non-2xx or 3xx responses: 7\n",
    "  Socket errors: connect 0, read 1, write 0, timeout 0\n",
  ]) {
    test(`is no measurement when it has '${line.trim()}'`, () => {
      assert.throws(() => parseWrk(output(line)), new RegExp(line.trim()));
    });
  }
});

describe("the sides of a comparison", () => {
  test("have their turns one after the other", async () => {
    const turns: string[] = [];
    await inTurns(
      2,
      async (round) => turns.push(`a${round}`),
      async (round) => turns.push(`b${round}`),
    );
    assert.deepEqual(turns, ["a0", "b0", "a1", "b1"]);
  });

  test("are told by medians, the ratio by that of the rounds' ratios", () => {
    const sample = (rate: number) => ({ rate, p50: 1, p99: 1 });
    const rounds = [
      { node: sample(10), peer: sample(10) },
      { node: sample(30), peer: sample(100) },
      { node: sample(40), peer: sample(80) },
    ];
    const { node, peer, ratio } = compare(rounds);
    assert.deepEqual([node.rate, peer.rate, ratio], [30, 80, 0.5]);
  });

  test("have a median between the two in the middle when the rounds are even in number", () => {
    assert.equal(median([4, 1, 3, 2]), 2.5);
  });
});
