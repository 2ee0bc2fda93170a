import type { Programs } from "./programs.ts";

/** One comparison of a node with something else. */
export interface Bench {
  /** What it measures, in one line for the help. */
  readonly summary: string;
  /** What may run the functions; the first is taken when nobody says. `auto`: Docker where an engine answers. */
  readonly drivers: readonly [DriverChoice, ...DriverChoice[]];
  run(stage: Stage): Promise<BenchResult>;
}

export type DriverChoice = DriverName | "auto";
export type DriverName = "process" | "docker";

/** What a benchmark is given. */
export interface Stage {
  /** Starts what is needed, and ends it afterwards. */
  readonly programs: Programs;
  /** What runs functions, on both sides. */
  readonly driver: DriverName;
  /** Tiny runs show that a benchmark works; their numbers mean nothing. */
  readonly isTiny: boolean;
  /** How many calls there are, where the benchmark is about those; 0 for what its size says. */
  readonly calls: number;
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
  /** The node over its peer: of rates (higher is better), or of times (lower is) where the benchmark is about those. */
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
