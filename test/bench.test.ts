/** Each benchmark in its tiny size, so that none of them rots, and the pieces whose mistakes no number would show. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { compare, inTurns, median } from "../bench/rounds.ts";
import { parseWrk } from "../bench/wrk.ts";
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
  const child = spawn(process.execPath, [join(projectRoot, "bench/run.ts"), ...args], {
    env: { PATH: process.env.PATH, TMPDIR: dir, ...env },
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

/** Runs a tiny benchmark, and gives the one line it writes to stdout. */
async function runTiny(t: TestContext, name: string): Promise<Record<string, unknown>> {
  const { ended, dir } = startBench(t, [name, "--size", "tiny"]);
  const { code, stdout, stderr } = await ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(processesWith(dir), [], "no process is left");
  assert.match(stdout, /^\{.*\}\n$/, "one line of JSON");
  return JSON.parse(stdout);
}

function assertNumbers(result: Record<string, unknown>, names: readonly string[]): void {
  for (const name of names) assert.ok(Number(result[name]) > 0, `${name} is ${result[name]}`);
}

const hasWrk = spawnSync("wrk", ["-v"]).error === undefined;
const wrkMissing = hasWrk ? false : "wrk is not installed";

describe("the benchmark", { concurrency: true }, () => {
  test("node-hot compares a node with a bare relay", { skip: wrkMissing }, async (t) => {
    const result = await runTiny(t, "node-hot");
    assert.equal(result.bench, "node-hot");
    assertNumbers(result, ["rate", "ratio", "p50", "p99", "straight"]);
    assert.deepEqual(Object.keys(result.connections ?? {}), ["32"]);
  });

  test("burst counts the containers of many callers", async (t) => {
    const result = await runTiny(t, "burst");
    assert.equal(result.bench, "burst");
    assertNumbers(result, ["rate", "ratio", "p50", "p99", "containers"]);
    // As JSON it came, so it is at least an object.
    assertNumbers(result.slow as Record<string, unknown>, ["rate", "ratio", "p50", "p99", "containers"]);
  });

  test("leaves no process when it is interrupted", async (t) => {
    const { child, ended, dir } = startBench(t, ["burst", "--size", "tiny"]);
    await eventually(() => processesWith(dir).length > 2, "a node and a function run");
    child.kill("SIGINT");
    assert.equal((await ended).code, 130);
    assert.deepEqual(processesWith(dir), []);
  });

  test("says which package it needs when wrk is missing", async (t) => {
    const { code, stderr } = await startBench(t, ["node-hot"], { PATH: "/nowhere" }).ended;
    assert.equal(code, 1);
    assert.match(stderr, /apt-get install wrk/);
  });

  test("that does not exist is a wrong use", async (t) => {
    assert.equal((await startBench(t, ["nope"]).ended).code, 2);
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
