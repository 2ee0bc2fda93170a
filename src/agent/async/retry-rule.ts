import type { Random } from "../../clock/random.ts";
import type { FnError } from "../../model/errors.ts";
import type { Fn } from "../../model/fn.ts";
import type { PutBackReason } from "../observer.ts";

/** However often a call failed: it is tried again within an hour. */
const RETRY_DELAY_MS_MAX = 3_600_000;
/** After the first time that a node could not run a call; the time doubles with each further one. */
const REFUSED_DELAY_MS = 1000;
const REFUSED_DELAY_MS_MAX = 600_000;
/** A call that cannot be run anywhere is dead after about an hour: ten ever longer delays, and ten of five minutes on average. */
const REFUSALS_MAX = 20;
/** One whose function has more calls than it can take only waits for its turn: for about a day. */
const BUSY_REFUSALS_MAX = 300;
/** Runs of a call whose node vanished, at most: it may be the call that brings nodes down. */
const LOST_RUNS_MAX = 10;
/** Between attempts to reach a store that cannot be reached. */
const STORE_RETRY_MS_MIN = 100;
const STORE_RETRY_MS = 500;
const STORE_RETRY_MS_MAX = 10_000;

/** One run of a claimed call that is over. */
export interface RunEnd {
  /** Undefined when the function answered. */
  readonly error: FnError | undefined;
  /** Whether a container had it. */
  readonly wasRun: boolean;
  /** As when it was claimed. */
  readonly attempts: number;
  readonly refusals: number;
}

export type NextStep =
  | { readonly kind: "finish"; readonly isDead: boolean }
  | { readonly kind: "put back"; readonly delayMs: number; readonly reason: PutBackReason };

/**
 * What becomes of a call after a run. A node that goes down leaves it to others at once. One that certainly did not run goes
 * back without an attempt being counted. One that failed goes back while the function has retries left, after a time
 * anywhere between nothing and the retry delay, doubled with each attempt (full jitter: calls that failed together do not
 * come back together); with none left it is dead.
 */
export function nextStep(end: RunEnd, fn: Pick<Fn, "retries" | "retryDelayS">, random: Random): NextStep {
  const { error, wasRun, attempts, refusals } = end;
  // A call whose function is gone could not be run again by anyone.
  if (!error || error.code === "fn_not_found") return { kind: "finish", isDead: false };
  if (error.code === "server_stopping") return { kind: "put back", delayMs: 0, reason: "stopping" };
  if (error.retry && !wasRun) {
    const refusalsMax = error.code === "server_busy" ? BUSY_REFUSALS_MAX : REFUSALS_MAX;
    if (refusals >= refusalsMax) return { kind: "finish", isDead: true };
    const backoffMs = jittered(REFUSED_DELAY_MS, refusals, REFUSED_DELAY_MS_MAX, random);
    const delayMs = Math.max(backoffMs, 1000 * (error.retryAfterS ?? 0));
    return { kind: "put back", delayMs, reason: "refused" };
  }
  if (attempts > fn.retries) return { kind: "finish", isDead: true };
  const delayMs = jittered(1000 * fn.retryDelayS, attempts - 1, RETRY_DELAY_MS_MAX, random);
  return { kind: "put back", delayMs, reason: "failed" };
}

/** How long after so many failures in a row to reach the store the next attempt comes. */
export function storeRetryMs(failures: number, random: Random): number {
  return STORE_RETRY_MS_MIN + jittered(STORE_RETRY_MS, failures, STORE_RETRY_MS_MAX, random);
}

/** Whether so many runs of a call did not come to an end that it is not run once more. */
export function isAbandoned(attempts: number, retries: number): boolean {
  return attempts > retries + 1 + LOST_RUNS_MAX;
}

function jittered(firstMs: number, times: number, maxMs: number, random: Random): number {
  return Math.round(random.next() * Math.min(firstMs * 2 ** times, maxMs));
}
