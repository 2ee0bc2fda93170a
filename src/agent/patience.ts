import { expectedWaitMs, type PoolCounts, type PoolTimes } from "./start-rule.ts";

/** A refusal is for calls that would be too late even if everything went so much faster than it does. */
const CERTAINTY_FACTOR = 2;
/** However long the line is, a caller may look again after this. */
export const RETRY_AFTER_S_MAX = 60;

/**
 * Whether a call that joins the line now cannot be served in time: those before it take more than twice as long as it
 * may wait, and no further container comes before that (`canGrow`: one is starting, or there is room for one; asked
 * only when the line is too long). Where nothing is known of the function's times, it may wait.
 */
export function isHopeless(
  counts: PoolCounts,
  { runMs, startMs }: PoolTimes,
  waitMs: number,
  canGrow: () => boolean,
): boolean {
  const containers = counts.idle + counts.busy;
  if (runMs === undefined || containers === 0) return false;
  if (expectedWaitMs(counts.waiting, runMs, containers) <= CERTAINTY_FACTOR * waitMs) return false;
  const isStartTooSlow = startMs !== undefined && startMs >= waitMs;
  return isStartTooSlow || !canGrow();
}

/**
 * When it is worth trying again, in seconds: when the line that is here now should be gone. Where no call has ended
 * yet, as long again as the oldest has run; where there is no container either, as long again as this call has waited,
 * for that is all that is known of how soon something comes free.
 */
export function retryAfterS(counts: PoolCounts, { runMs, stalledMs }: PoolTimes, waitedMs: number): number {
  const containers = counts.idle + counts.busy;
  const lineMs = runMs === undefined ? stalledMs : expectedWaitMs(counts.waiting, runMs, containers);
  const untilMs = containers === 0 ? waitedMs : lineMs;
  return Math.min(Math.max(Math.ceil(untilMs / 1000), 1), RETRY_AFTER_S_MAX);
}
