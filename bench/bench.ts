import type { Programs } from "./programs.ts";

/** One comparison of a node with something else. */
export interface Bench {
  /** What it measures, in one line for the help. */
  readonly summary: string;
  run(stage: Stage): Promise<BenchResult>;
}

/** What a benchmark is given. */
export interface Stage {
  /** Starts what is needed, and ends it afterwards. */
  readonly programs: Programs;
  /** Tiny runs show that a benchmark works; their numbers mean nothing. */
  readonly isTiny: boolean;
  /** How often each side has its turn. */
  readonly rounds: number;
  /** How long a turn takes, where the benchmark does not say otherwise. */
  readonly seconds: number;
  /** A line of the report for people. */
  say(line: string): void;
}

/** What every benchmark tells; most tell more. It becomes one line of JSON. */
export interface BenchResult {
  /** Calls in a second. */
  readonly rate: number;
  /** `rate` over that of the peer: above 1 the node is the faster one. */
  readonly ratio: number;
  /** Latencies in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly [more: string]: unknown;
}

/** What one turn of one side gave, or several in the middle. */
export interface Sample {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
}
