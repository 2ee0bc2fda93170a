import { addressesByName, type Discovery } from "./discovery.ts";
import type { Outcome } from "./load.ts";
import type { HarnessOptions } from "./options.ts";
import { type Latency, latencyOf } from "./percentiles.ts";

/** The result of a run: printed as text, or as it is with `--json`. */
export interface Report {
  readonly route: string;
  readonly balancer: string;
  readonly max: number;
  readonly loops: number;
  readonly concurrency: number;
  readonly calls: number;
  readonly failedCalls: number;
  /** Of the calls, from the start of the first to the end of the last. */
  readonly durationSeconds: number;
  readonly callsPerSecond: number;
  /** By status. */
  readonly failures: Readonly<Record<string, number>>;
  readonly discovery: readonly Discovery[];
  /** By name; calls of which nobody said where they ran come last. */
  readonly nodes: readonly NodeReport[];
  /** The first `FAILED_LISTED_MAX`. */
  readonly failed: readonly FailedCall[];
  /** What was expected and is not so; a run without any is a success. */
  readonly problems: readonly string[];
}

export interface NodeReport {
  /** Null for the calls of which nobody said where they ran. */
  readonly node: string | null;
  /** Where a node of this name was found; several when they share a name. */
  readonly addresses: readonly string[];
  readonly calls: number;
  /** Of all calls. */
  readonly sharePercent: number;
  /** Of the calls that did not fail; null when all did. */
  readonly latencyMs: Latency | null;
  /** By status. */
  readonly failures: Readonly<Record<string, number>>;
}

export interface FailedCall {
  readonly call: number;
  readonly node: string | null;
  readonly status: string;
  readonly body: string;
}

export const FAILED_LISTED_MAX = 10;

/** Collects outcomes as they come; the report is for when all are in. */
export class Tally {
  readonly #nodes = new Map<string | undefined, NodeTally>();
  readonly #failures: Counts = new Map();
  readonly #failed: FailedCall[] = [];
  #calls = 0;
  #failedCalls = 0;

  add({ call, node, durationMs, failure }: Outcome): void {
    const tally: NodeTally = this.#nodes.get(node) ?? { calls: 0, durationsMs: [], failures: new Map() };
    this.#nodes.set(node, tally);
    tally.calls++;
    this.#calls++;
    if (!failure) {
      tally.durationsMs.push(durationMs);
      return;
    }
    this.#failedCalls++;
    increment(tally.failures, failure.status);
    increment(this.#failures, failure.status);
    if (this.#failed.length < FAILED_LISTED_MAX) this.#failed.push({ call, node: node ?? null, ...failure });
  }

  report(options: HarnessOptions, discovery: readonly Discovery[], durationSeconds: number): Report {
    const { route, balancer, max, loops, concurrency } = options;
    return {
      ...{ route, balancer, max, loops, concurrency },
      calls: this.#calls,
      failedCalls: this.#failedCalls,
      durationSeconds: round(durationSeconds, 6),
      callsPerSecond: durationSeconds > 0 ? round(this.#calls / durationSeconds, 2) : 0,
      failures: byKey(this.#failures),
      discovery,
      nodes: this.#nodeReports(addressesByName(discovery)),
      failed: this.#failed,
      problems: this.#problems(options),
    };
  }

  #problems({ errorsMax, nodesMax }: HarnessOptions): string[] {
    const problems: string[] = [];
    if (this.#failedCalls > errorsMax) {
      problems.push(`${this.#failedCalls} of ${this.#calls} calls failed, at most ${errorsMax} may`);
    }
    if (nodesMax > 0 && this.#nodes.size > nodesMax) {
      problems.push(`${this.#nodes.size} nodes answered, at most ${nodesMax} may`);
    }
    return problems;
  }

  #nodeReports(addresses: ReadonlyMap<string, readonly string[]>): NodeReport[] {
    return [...this.#nodes].sort(byName).map(([name, { calls, durationsMs, failures }]) => ({
      node: name ?? null,
      addresses: name === undefined ? [] : (addresses.get(name) ?? []),
      calls,
      sharePercent: round((100 * calls) / this.#calls, 2),
      latencyMs: rounded(latencyOf(durationsMs)),
      failures: byKey(failures),
    }));
  }
}

type Counts = Map<string, number>;

interface NodeTally {
  calls: number;
  /** Of the calls that did not fail. */
  readonly durationsMs: number[];
  readonly failures: Counts;
}

function byName([a]: [string | undefined, unknown], [b]: [string | undefined, unknown]): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  return a < b ? -1 : 1;
}

function increment(counts: Counts, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function byKey(counts: Counts): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function rounded(latency: Latency | undefined): Latency | null {
  if (!latency) return null;
  const { p50, p95, p99, max } = latency;
  return { p50: round(p50, 3), p95: round(p95, 3), p99: round(p99, 3), max: round(max, 3) };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
