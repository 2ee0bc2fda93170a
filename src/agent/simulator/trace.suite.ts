/** Traces of calls, and the player that offers them to a server under a fake clock and reports how it did. */
import { type FakeClock, settle } from "../../clock/fake-clock.ts";
import type { Machine } from "./machine.suite.ts";

/** A function as the simulator knows it. */
export interface SimulatedFn {
  readonly name: string;
  /** A call that has a core to itself, in milliseconds. */
  readonly runMs: number;
  /** Its calls compute all the time, so that they share the machine's cores; else they only wait for something. */
  readonly isBusyOnCpu?: boolean;
  readonly memoryMib?: number;
  /** Half of it is how long a call may wait for a container. */
  readonly timeoutS?: number;
}

/** What is offered. */
export interface Trace {
  /** Single calls, each at its time. */
  readonly arrivals?: readonly { readonly atMs: number; readonly fn: SimulatedFn }[];
  /** Callers in a closed loop: each calls again as soon as it has its answer, until `callersEndMs`. */
  readonly callers?: readonly { readonly fn: SimulatedFn; readonly count: number }[];
  readonly callersEndMs?: number;
  /** Step of the clock; run and start times are rounded up to it. */
  readonly gridMs: number;
}

/** What serves a trace: the agent, or the model of a rule. */
export interface Server {
  call(fn: SimulatedFn, caller: Caller): void;
  stop(): Promise<void>;
}

export interface Caller {
  /** A container has the call. */
  started(): void;
  ended(isServed: boolean): void;
}

export interface Report {
  readonly served: number;
  readonly failed: number;
  /** From a call to its container. */
  readonly waitP50Ms: number;
  readonly waitP99Ms: number;
  /** The longest of each function. */
  readonly waitMaxMsOf: ReadonlyMap<string, number>;
  /** From a call to its answer. */
  readonly latencyP99Ms: number;
  /** The same, of calls made in the second half of the trace: when starts should be over. */
  readonly steadyLatencyP99Ms: number;
  /** Calls served in the second half, per second. */
  readonly steadyPerS: number;
  readonly containersStarted: number;
  readonly containersMax: number;
  readonly startsInFlightMax: number;
}

interface Sample {
  readonly fn: string;
  readonly atMs: number;
  waitMs: number;
  latencyMs: number | undefined;
}

/** A trace that is not over after this is stuck. */
const END_MS_MAX = 10 * 60 * 1000;

/** Plays a trace to its end. The clock is the one that the server and the machine live by. */
export async function play(
  trace: Trace,
  { clock, machine, server }: { clock: FakeClock; machine: Machine; server: Server },
): Promise<Report> {
  const { arrivals = [], callers = [], callersEndMs = 0, gridMs } = trace;
  const samples: Sample[] = [];
  let open = arrivals.length;
  const nowMs = () => clock.monotonicNs() / 1e6;

  const call = (fn: SimulatedFn, onEnded: () => void) => {
    const sample: Sample = { fn: fn.name, atMs: nowMs(), waitMs: 0, latencyMs: undefined };
    samples.push(sample);
    server.call(fn, {
      started() {
        sample.waitMs = nowMs() - sample.atMs;
      },
      ended(isServed) {
        if (isServed) sample.latencyMs = nowMs() - sample.atMs;
        else sample.waitMs = nowMs() - sample.atMs;
        onEnded();
      },
    });
  };
  const callAgain = (fn: SimulatedFn) => {
    if (nowMs() >= callersEndMs) open--;
    else call(fn, () => callAgain(fn));
  };

  for (const { atMs, fn } of arrivals) clock.after(atMs, () => call(fn, () => open--));
  for (const { fn, count } of callers) {
    open += count;
    for (let i = 0; i < count; i++) clock.after(0, () => callAgain(fn));
  }
  for (let passedMs = 0; open > 0; passedMs += gridMs) {
    if (passedMs > END_MS_MAX) throw new Error(`${open} calls are stuck`);
    await clock.advance(gridMs);
    // What alarms set off takes a few turns of the event loop and no time.
    for (let turn = 0; turn < TURNS_PER_STEP; turn++) await settle();
  }
  const endMs = callers.length > 0 ? callersEndMs : nowMs();
  const report = reportOf(samples, machine, endMs);
  await server.stop();
  return report;
}

const TURNS_PER_STEP = 3;

function reportOf(samples: readonly Sample[], machine: Machine, endMs: number): Report {
  const halfMs = endMs / 2;
  const latencyOf = (some: readonly Sample[]) =>
    some.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs]));
  const waits = samples.map(({ waitMs }) => waitMs);
  const endedInSecondHalf = samples.filter(({ atMs, latencyMs = Number.POSITIVE_INFINITY }) => {
    const endedMs = atMs + latencyMs;
    return endedMs >= halfMs && endedMs <= endMs;
  });
  const latencies = latencyOf(samples);
  return {
    served: latencies.length,
    failed: samples.length - latencies.length,
    waitP50Ms: percentile(waits, 0.5),
    waitP99Ms: percentile(waits, 0.99),
    waitMaxMsOf: longestWaits(samples),
    latencyP99Ms: percentile(latencies, 0.99),
    steadyLatencyP99Ms: percentile(latencyOf(samples.filter(({ atMs }) => atMs >= halfMs)), 0.99),
    steadyPerS: endedInSecondHalf.length / ((endMs - halfMs) / 1000),
    ...machine.counts,
  };
}

function longestWaits(samples: readonly Sample[]): ReadonlyMap<string, number> {
  const longest = new Map<string, number>();
  for (const { fn, waitMs } of samples) longest.set(fn, Math.max(waitMs, longest.get(fn) ?? 0));
  return longest;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
