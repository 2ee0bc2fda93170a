/** The rule of the policy `warm`: pure functions of counters and time. All times are in milliseconds. */

/** How long a start with its pull is thought to take before one was seen. A start alone takes 0.1 s, pulls take seconds. */
export const COLD_MS_FIRST = 1000;

/** How long a run is thought to take before one was seen. */
export const RUN_MS_FIRST = 100;

/** How many calls a node is thought to serve at a time before it has shown it: a small machine. */
export const PARALLEL_FIRST = 4;

/** Containers are hot for about as long as this after a call: the idle timeout that functions have unless told. */
export const HOT_MS = 30_000;

/** What is known of a function on a node counts half after each such time without a call there. */
export const HALF_LIFE_MS = 30_000;

/** Where a function is hot elsewhere, its cold home is tried by one call at a time, and no more often than this. */
export const SCOUT_MS = 5000;

/**
 * A node that is full gets one call more than it has shown to bear after so many that went past it: else it would never
 * show that it can bear more by now. Few enough that their waits stay out of the 99th percentile.
 */
export const PROBE_AFTER_CALLS = 200;

/** Another node must be better by this factor and by this time, else a call stays on the earlier in its order. */
const WORTH_FACTOR = 1.25;
const WORTH_MS = 5;

/** The weight of a new sample in a mean; the rest is what it was before. */
const SAMPLE_WEIGHT = 0.2;

/** A sample counts for at most so many times the mean: one very long run does not make a function slow. */
const SAMPLE_FACTOR_MAX = 4;

/** A function on a node, as a new call would find it. */
export interface Prospect {
  /** Calls of the function that are there. */
  readonly outstanding: number;
  /** How many of them the node serves at a time. */
  readonly parallel: number;
  /** How long a run takes there. */
  readonly runMs: number;
  /** How long until it can run at all; 0 where the function is hot. */
  readonly coldMs: number;
  /** For how long there are calls and none was answered. */
  readonly quietMs: number;
  /** The longest that runs of the function took lately: silence of that length means nothing. */
  readonly longestMs: number;
}

/**
 * When a new call would be answered: after the start, and after as many rounds of runs as those before it need. Calls that
 * came together end together, so that one too many waits for a whole run and not for a part of one. A node that serves
 * less than one at a time makes even a single call wait, for others.
 *
 * Where nothing was answered for longer than a run takes, it will go on for as long again: the least one can say of a
 * node that hangs.
 */
export function expectedMs(prospect: Prospect): number {
  const { outstanding, parallel, runMs, coldMs, quietMs, longestMs } = prospect;
  const rounds = Math.ceil((outstanding + 1) / slotsOf(parallel)) * Math.max(1, 1 / parallel);
  const ms = coldMs + runMs * rounds;
  const isStalled = outstanding > 0 && quietMs > longestMs + coldMs;
  return isStalled ? Math.max(ms, quietMs) : ms;
}

/** How many calls go to a node without waiting for each other. */
export function slotsOf(parallel: number): number {
  return Math.max(1, Math.round(parallel));
}

/**
 * Whether a node is so much better than one that comes earlier in the function's order that a call should go there. The
 * margin is what keeps calls from changing sides for nothing, and what makes the earlier one show how much it can bear.
 */
export function isWorthLeaving(stayMs: number, goMs: number): boolean {
  return goMs * WORTH_FACTOR + WORTH_MS < stayMs;
}

/**
 * How many calls a node serves at a time, after one more was answered. `outstanding` counts the calls that were there
 * when it came, with itself.
 *
 * By Little's law the calls that are there divided by the time that each takes is the rate at which they leave. A call
 * that hardly waits shows that the node serves at least so many at a time. One that waits for a part of a run shows that
 * those before it took all there was; one that waits for longer shows how far behind the node is.
 */
export function nextParallel(parallel: number, outstanding: number, waitMs: number, runMs: number): number {
  const shown = (outstanding * runMs) / (waitMs + runMs);
  if (waitMs < runMs * HARDLY_WAITED) return Math.max(parallel, shown);
  const limit = waitMs < runMs / 2 ? Math.max(outstanding - 1, shown) : shown;
  // The mean is that of the times between calls that leave, so that one long wait counts as much as it is long.
  return limit < parallel ? 1 / ((1 - SAMPLE_WEIGHT) / parallel + SAMPLE_WEIGHT / limit) : parallel;
}

/** The part of a run up to which a wait is none: what it takes to hand a call over. */
const HARDLY_WAITED = 0.1;

/** A mean after one more sample; undefined is the mean of none. */
export function nextMean(mean: number | undefined, sample: number): number {
  if (mean === undefined) return sample;
  return mean + SAMPLE_WEIGHT * (Math.min(sample, SAMPLE_FACTOR_MAX * mean) - mean);
}

/** The longest run lately, after one more: each counts for less with each that comes after it. */
export function nextLongest(longestMs: number, runMs: number): number {
  return Math.max(runMs, longestMs * LONGEST_KEPT);
}
const LONGEST_KEPT = 0.98;

/** What is left of a node's bad time with a function after a silence: the queue it had shrinks, up to what is usual. */
export function agedParallel(parallel: number, ageMs: number): number {
  if (parallel >= PARALLEL_FIRST) return parallel;
  return Math.min(PARALLEL_FIRST, parallel * 2 ** (ageMs / HALF_LIFE_MS));
}

/** The same for a run that takes longer on this node than it usually does. */
export function agedRunMs(runMs: number, usualMs: number, ageMs: number): number {
  return runMs <= usualMs ? runMs : usualMs + (runMs - usualMs) * 0.5 ** (ageMs / HALF_LIFE_MS);
}
