import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "../src/clock/clock.ts";
import { seededRandom } from "../src/clock/random.ts";
import { createPolicy, POLICY_NAMES } from "../src/lb/placement/create-policy.ts";
import type { Candidate, Policy, PolicyName } from "../src/lb/placement/policy.ts";
import type { Bench, BenchResult, Stage } from "./bench.ts";
import { median } from "./rounds.ts";

/** How many decisions are timed together: a clock read costs as much as a tenth of one. */
const BLOCK = 1000;

/** A power of two above the number of functions, and an odd step: a walk through all of them that caches cannot follow. */
const STEP = 48_271;

/** What a call waited, where it was hot: enough to be learned from, too little to spread. */
const WAIT_NS = 1e6;

interface Rate {
  /** Decisions in a second of the thread's processor time, once every function is known. */
  readonly rate: number;
  /** Those that meet each function for the first time. */
  readonly firstRate: number;
  /** Microseconds for one, over blocks of a thousand. */
  readonly p50Us: number;
  readonly p99Us: number;
}

/** Where calls go, without sending any: what a decision costs, and what is remembered of functions. */
export const lbPlace: Bench = {
  summary: "decisions of the balancer in a second, for each policy, and the memory of what it knows",
  drivers: ["process"],
  run,
};

async function run({ isTiny, rounds, seconds, say }: Stage): Promise<BenchResult> {
  const functions = isTiny ? 1000 : 100_000;
  const keys = keysOf(functions);
  // No more than this for each of the twelve: what they differ by is far more than the noise.
  const turnMs = Math.min(seconds * 1000, 1000);
  const rates: Record<string, Record<string, Rate>> = {};
  say(`${functions} functions; place, answered and end together are one decision`);
  for (const nodes of [1, 10, 1000]) {
    const policies = POLICY_NAMES.map((name) => ({ name, turns: [] as Rate[] }));
    for (let round = 0; round < rounds; round++) {
      for (const { name, turns } of policies) turns.push(measure(readyPolicy(name, nodes), keys, turnMs));
    }
    const middles = policies.map(({ name, turns }) => [name, middle(turns)] as const);
    rates[nodes] = Object.fromEntries(middles);
    for (const [name, { rate, firstRate, p99Us }] of middles) {
      const figures = `${count(rate)}/s, first ${count(firstRate)}/s, p99 ${p99Us.toFixed(2)} us`;
      say(`${String(nodes).padStart(5)} nodes  ${name.padEnd(8)} ${figures}`);
    }
  }
  const memory = Object.fromEntries(POLICY_NAMES.map((name) => [name, memoryMib(name, functions)]));
  for (const [name, mib] of Object.entries(memory)) {
    say(`memory of ${functions} functions x 3 nodes  ${name.padEnd(8)} ${mib.toFixed(1)} MiB`);
  }
  const warm = rates[1000]?.warm ?? NO_RATE;
  const ratio = warm.rate / (rates[1000]?.wait?.rate ?? Number.NaN);
  return { rate: warm.rate, ratio, p50: warm.p50Us / 1000, p99: warm.p99Us / 1000, rates, memoryMib: memory };
}

const NO_RATE: Rate = { rate: Number.NaN, firstRate: Number.NaN, p50Us: Number.NaN, p99Us: Number.NaN };

/** Each call is answered and over before the next: what is measured is the decision, not a queue. */
function decide(policy: Policy, key: string): void {
  const placing = policy.place(key, NONE);
  if (placing === undefined) throw new Error(`no node for ${key}`);
  placing.answered(WAIT_NS);
  placing.end();
}
const NONE: readonly string[] = [];

function measure(policy: Policy, keys: readonly string[], turnMs: number): Rate {
  const beginMs = cpuMs();
  for (const key of keys) decide(policy, key);
  const firstRate = (keys.length * 1000) / (cpuMs() - beginMs);

  const blocks: number[] = [];
  const readyMs = cpuMs();
  let at = 0;
  for (let before = nowMs(), endMs = before + turnMs; before < endMs; ) {
    for (let done = 0; done < BLOCK; done++) {
      at = (at + STEP) % keys.length;
      decide(policy, keys[at] ?? "");
    }
    const after = nowMs();
    blocks.push(((after - before) * 1000) / BLOCK);
    before = after;
  }
  const spentMs = cpuMs() - readyMs;
  blocks.sort((a, b) => a - b);
  const quantile = (share: number) => blocks[Math.floor(blocks.length * share)] ?? Number.NaN;
  const rate = (blocks.length * BLOCK * 1000) / spentMs;
  return { rate, firstRate, p50Us: quantile(0.5), p99Us: quantile(0.99) };
}

/** What each function leaves behind when its calls were served by three nodes, with its key. */
function memoryMib(name: PolicyName, functions: number): number {
  const policy = readyPolicy(name, 3);
  const before = usedBytes();
  for (let index = 0; index < functions; index++) {
    const key = keyOf(index);
    const tried: string[] = [];
    for (let node = 0; node < 3; node++) {
      for (let call = 0; call < 2; call++) {
        const placing = policy.place(key, tried);
        placing?.answered(WAIT_NS);
        placing?.end();
        if (call === 1 && placing) tried.push(placing.node);
      }
    }
  }
  const after = usedBytes();
  // The policy is needed until here, else it would be collected before it is measured.
  decide(policy, keyOf(0));
  return (after - before) / 2 ** 20;
}

function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function readyPolicy(name: PolicyName, nodes: number): Policy {
  const policy = createPolicy(name, { clock: systemClock, random: seededRandom(1) });
  policy.setNodes(
    Array.from({ length: nodes }, (_, index): Candidate => ({ name: nodeOf(index), weight: 1 })),
  );
  return policy;
}

function nodeOf(index: number): string {
  return `10.0.${index >> 8}.${index & 255}:8080`;
}

function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => keyOf(index));
}

function keyOf(index: number): string {
  return `/r/app${index % 100}/function-${index}`;
}

function middle(rates: readonly Rate[]): Rate {
  return {
    rate: median(rates.map(({ rate }) => rate)),
    firstRate: median(rates.map(({ firstRate }) => firstRate)),
    p50Us: median(rates.map(({ p50Us }) => p50Us)),
    p99Us: median(rates.map(({ p99Us }) => p99Us)),
  };
}

function count(rate: number): string {
  return Math.round(rate).toLocaleString("en");
}

/** What this thread has computed: others on the machine do not make it longer. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function nowMs(): number {
  return systemClock.monotonicNs() / 1e6;
}
