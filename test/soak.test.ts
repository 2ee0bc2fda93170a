/**
 * A node under mixed load for a while: at the end it has no more than when it was warm, and idle it has nothing.
 *
 * The load lasts 20 s; under CI=true 120 s; by hand HOTFN_SOAK_S seconds, such as half an hour:
 *
 *     HOTFN_SOAK_S=1800 node_modules/.bin/node --test test/soak.test.ts
 *
 * Functions run in containers where a Docker engine answers, else in processes.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { exchange, leaveAfter, MIB } from "./support/bodies.ts";
import { memoryMib, skipWithoutEngine, socketDirsIn, startDockerNode } from "./support/docker.ts";
import { createRoute, eventually, type NodeRig, processesWith, startNode } from "./support/programs.ts";

const SOAK_S = Number(process.env.HOTFN_SOAK_S ?? (process.env.CI === "true" ? 120 : 20));

/**
 * What the median of the memory may grow from the second quarter of the load to the last, however long it lasts: the
 * heap breathes by some ten MiB as it is collected. A leak of a kilobyte a call would be told within an hour.
 */
const GROWTH_MIB_MAX = 48;

/** Until containers that were used last are gone, and connections that nobody uses. */
const IDLE_WAIT_MS = 30_000;

interface SoakNode extends NodeRig {
  readonly pid: number;
  /** Containers of functions, or their processes. */
  containers(): Promise<readonly unknown[]>;
}

/** One of the callers: who calls, and what it may be told. */
interface Caller {
  readonly path: string;
  readonly settings?: Record<string, unknown>;
  readonly folder?: string;
  /** Between two calls. */
  readonly pauseMs: number;
  readonly statuses: readonly number[];
  call(url: string): Promise<number | undefined>;
}

const unharmed = [200];
/** A call with a short time may also find that a container takes too long to start. */
const late = [504, 503];
const gone = [502];

const CALLERS: readonly Caller[] = [
  { path: "/quick", pauseMs: 5, statuses: unharmed, call: get("") },
  { path: "/quick", pauseMs: 5, statuses: unharmed, call: get("?do=say&id=1") },
  { path: "/stdio", pauseMs: 5, statuses: unharmed, call: get(""), settings: { format: "http" } },
  { path: "/slow", pauseMs: 50, statuses: unharmed, call: get("?do=sleep&amount=500") },
  { path: "/slow", pauseMs: 50, statuses: unharmed, call: get("?do=sleep&amount=500") },
  {
    path: "/late",
    pauseMs: 500,
    statuses: late,
    call: get("?do=sleep&amount=60000"),
    settings: { timeout: 3 },
  },
  { path: "/exit", pauseMs: 500, statuses: gone, call: get("?do=exit&amount=0") },
  { path: "/garbage", pauseMs: 500, statuses: gone, call: get("?do=print"), settings: { format: "http" } },
  { path: "/large", pauseMs: 500, statuses: unharmed, call: echo(8) },
  { path: "/large-stdio", pauseMs: 500, statuses: unharmed, call: echo(8), settings: { format: "http" } },
  { path: "/left", pauseMs: 500, statuses: unharmed, call: leave("?do=give&amount=100") },
  { path: "/cold", pauseMs: 300, statuses: unharmed, call: get(""), folder: "formats" },
  // Its container is gone each time.
  { path: "/brief", pauseMs: 2_000, statuses: unharmed, call: get("") },
];

function get(query: string): Caller["call"] {
  return async (url) => {
    const answer = await fetch(url + query);
    await answer.text();
    return answer.status;
  };
}

function echo(mib: number): Caller["call"] {
  return async (url) => {
    const { status, bytes } = await exchange(`${url}?do=echo`, mib);
    return bytes === mib * MIB ? status : undefined;
  };
}

function leave(query: string): Caller["call"] {
  return async (url) => {
    await leaveAfter(url + query, 5);
    return 200;
  };
}

test(`a node serves a mixed load for ${SOAK_S} s, and holds nothing of it`, {
  timeout: (SOAK_S + 120) * 1000,
}, async (t) => {
  const node = await startSoakNode(t);
  for (const { path, folder = "unruly", settings } of new Map(CALLERS.map((c) => [c.path, c])).values()) {
    await createRoute(node, path, folder, { idle_timeout: 1, ...settings });
  }
  // What it opens once and keeps, it has open after the first calls.
  await Promise.all(CALLERS.map(({ path, call }) => call(`${node.url}/r/t${path}`)));
  await untilIdle(node);
  const filesBefore = openFiles(node.pid);

  const endMs = performance.now() + SOAK_S * 1000;
  const unexpected: string[] = [];
  let calls = 0;
  const callers = CALLERS.map(async ({ path, pauseMs, statuses, call }) => {
    while (performance.now() < endMs) {
      const status = await call(`${node.url}/r/t${path}`);
      calls++;
      if (status === undefined || !statuses.includes(status)) unexpected.push(`${path}: ${status}`);
      await sleep(pauseMs);
    }
  });
  const memory = await memoryUntil(endMs, node.pid);
  await Promise.all(callers);

  assert.deepEqual(unexpected, []);
  const quarter = Math.floor(memory.length / 4);
  const warmMib = median(memory.slice(quarter, 2 * quarter));
  const lastMib = median(memory.slice(-quarter));
  t.diagnostic(`${calls} calls; memory ${warmMib.toFixed(0)} MiB warm, ${lastMib.toFixed(0)} MiB at the end`);
  assert.ok(lastMib - warmMib < GROWTH_MIB_MAX, `from ${warmMib} to ${lastMib} MiB`);

  await untilIdle(node);
  await eventually(
    () => openFiles(node.pid) <= filesBefore,
    `no more open files than the ${filesBefore} before`,
    IDLE_WAIT_MS,
  );
});

async function startSoakNode(t: TestContext): Promise<SoakNode> {
  if ((await skipWithoutEngine()) === false) return await startDockerNode(t);
  const node = await startNode(t);
  const pid = node.program.child.pid ?? 0;
  return { ...node, pid, containers: async () => processesWith(node.dir).filter((other) => other !== pid) };
}

/** Nothing is left of any call: no container, no folder for a socket, no memory on the books. */
async function untilIdle(node: SoakNode): Promise<void> {
  const isIdle = async () => (await node.containers()).length === 0;
  await eventually(isIdle, "all containers are gone", IDLE_WAIT_MS);
  await eventually(
    () => socketDirsIn(node.dir).length === 0,
    "all folders for sockets are gone",
    IDLE_WAIT_MS,
  );
  const metrics = await (await fetch(`${node.url}/metrics`)).text();
  assert.match(metrics, /^fn_memory_used_bytes 0$/m);
  assert.match(metrics, /^fn_running(\{.*\})? 0$/m);
}

/** What a process holds resident, each second until then, in MiB. */
async function memoryUntil(endMs: number, pid: number): Promise<number[]> {
  const samples: number[] = [];
  while (performance.now() < endMs) {
    samples.push(memoryMib(pid, "VmRSS"));
    await sleep(1_000);
  }
  return samples;
}

function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
