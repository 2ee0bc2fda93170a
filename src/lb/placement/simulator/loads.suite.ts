/** What is offered to the fleet of the simulator: each load is a kind of trouble that a policy can have. */
import type { Random } from "../../../clock/random.ts";
import type { NodeOptions } from "./simulated-node.suite.ts";

export interface Load {
  readonly name: string;
  readonly nodes: readonly NodeOptions[];
  readonly seconds: number;
  /** Callers that call one function again and again, each as soon as it has its answer. */
  readonly callers: readonly string[];
  /** Calls that come whatever the answers, with their times in milliseconds. */
  readonly arrivals: readonly { readonly atMs: number; readonly fn: string }[];
  readonly isBusyOnCpu: boolean;
  runMs(fn: string, random: Random): number;
  /** A node that goes down and comes back. */
  readonly outage?: { readonly node: string; readonly fromMs: number; readonly toMs: number };
}

export function nodesOf(count: number, slowness: readonly number[] = []): NodeOptions[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `10.0.0.${index + 1}:8080`,
    cores: 4,
    containersMax: 16,
    slowness: slowness[index] ?? 1,
  }));
}

/** Arrivals at random times, so many in a second on average, each of a random one of these functions. */
function poisson(perSecond: number, seconds: number, fns: readonly string[], random: Random) {
  const arrivals: { atMs: number; fn: string }[] = [];
  for (let atMs = 0; ; ) {
    atMs += (-Math.log(1 - random.next()) / perSecond) * 1000;
    if (atMs >= seconds * 1000) return arrivals;
    arrivals.push({ atMs, fn: fns[Math.floor(random.next() * fns.length)] ?? "" });
  }
}

function fnsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `/r/app/f${index}`);
}

/** Runs of about this length: exact ones would keep callers in step for ever. */
function about(ms: number) {
  return (_fn: string, random: Random) => ms * (0.9 + 0.2 * random.next());
}

const HOT = "/r/app/hot";
const usual = { callers: [], arrivals: [], isBusyOnCpu: false, nodes: nodesOf(4), seconds: 60 };

export function loads(random: Random): Load[] {
  return [
    {
      ...usual,
      name: "one hot function of 50 ms with 8 callers",
      callers: Array.from({ length: 8 }, () => HOT),
      runMs: about(50),
    },
    {
      ...usual,
      name: "one function that computes, more than a node can bear",
      isBusyOnCpu: true,
      arrivals: poisson(40, 60, [HOT], random),
      runMs: about(200),
    },
    {
      ...usual,
      name: "40 callers of one function, on nodes that fit 16 containers",
      callers: Array.from({ length: 40 }, () => HOT),
      runMs: about(200),
    },
    {
      ...usual,
      name: "many functions",
      arrivals: poisson(60, 60, fnsOf(50), random),
      runMs: about(80),
    },
    {
      ...usual,
      name: "bursts of 24 calls",
      arrivals: Array.from({ length: 20 * 24 }, (_, index) => ({
        atMs: Math.floor(index / 24) * 3000 + (index % 24),
        fn: HOT,
      })),
      runMs: about(500),
    },
    {
      ...usual,
      name: "a heavy tail of runs",
      arrivals: poisson(40, 60, fnsOf(5), random),
      // Pareto with the exponent 1.3, cut at 10 s: the mean is about four times the median.
      runMs: (_, random) => Math.min(10_000, 20 / (1 - random.next()) ** (1 / 1.3)),
    },
    {
      ...usual,
      name: "one slow node",
      nodes: nodesOf(4, [5]),
      arrivals: poisson(60, 60, fnsOf(20), random),
      runMs: about(80),
    },
    {
      ...usual,
      name: "a node that restarts",
      seconds: 120,
      arrivals: poisson(60, 120, fnsOf(20), random),
      runMs: about(80),
      outage: { node: "10.0.0.2:8080", fromMs: 20_000, toMs: 30_000 },
    },
  ];
}
