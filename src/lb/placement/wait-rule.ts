/** The rule by which Fn's balancer spread calls: pure functions of waits and one draw. */
import type { Random } from "../../clock/random.ts";

/** Below this average wait a function stays on its node: 500 ms. */
const SPREAD_FROM_NS = 500e6;
/** Above it the chance to stay is the least there is: 2 s. */
const SPREAD_FULLY_FROM_NS = 2e9;

/** The percentage of calls that still go to a node whose calls wait: when spreading sets in, and at its most. */
const STAY_PERCENT_FIRST = 40;
const STAY_PERCENT_LEAST = 10;

/** What a double cannot tell from nothing, beside the first share. */
const NEGLIGIBLE = 2 ** -53;

/** The chance, 0.1 to 1, that a call stays on a node where calls wait this long on average. */
export function stayChance(waitNs: number): number {
  if (waitNs < SPREAD_FROM_NS) return 1;
  if (waitNs > SPREAD_FULLY_FROM_NS) return STAY_PERCENT_LEAST / 100;
  const way = (waitNs - SPREAD_FROM_NS) / (SPREAD_FULLY_FROM_NS - SPREAD_FROM_NS);
  return Math.trunc(STAY_PERCENT_FIRST - way * (STAY_PERCENT_FIRST - STAY_PERCENT_LEAST)) / 100;
}

/**
 * How many steps from its home a call goes, 0 to `steps` - 1. At each node that one's own load decides whether it stays,
 * else it goes on to the next, round and round. That walk is drawn in one step, from the shares that it comes to.
 */
export function drawStep(steps: number, waitNsAt: (step: number) => number, random: Random): number {
  const found = shares(steps, waitNsAt);
  // The usual case, a home without waiting, takes no chance at all.
  if (found.length === 1) return 0;
  let left = random.next() * found.reduce((sum, share) => sum + share, 0);
  for (const [step, share] of found.entries()) {
    left -= share;
    if (left < 0) return step;
  }
  // Only reached when rounding eats the last of the last share.
  return found.length - 1;
}

/**
 * How many of the calls end on each node of the walk, up to a common factor: those that came so far, times the
 * chance to stay. Nobody comes further than a node that keeps all, so the list ends there. What is left at the
 * end goes round again, in the same proportions; hence the common factor.
 */
function shares(steps: number, waitNsAt: (step: number) => number): number[] {
  const found: number[] = [];
  let arriving = 1;
  for (let step = 0; step < steps && arriving > NEGLIGIBLE; step++) {
    const stay = stayChance(waitNsAt(step));
    found.push(arriving * stay);
    arriving *= 1 - stay;
  }
  return found;
}

/** The weight of a new wait in the average; the rest is what it was before. */
const NEW_WAIT_WEIGHT = 0.1;

/**
 * For each whole span of this length without a word from a node about a function, their average halves. Without
 * that, one bad moment of a function that is called rarely would send it elsewhere for days; and a function in
 * steady use, heard of more often than this, has exactly the average of its waits.
 */
const HALF_LIFE_NS = 30e9;

/** An average after one more wait. The first is the average; later ones count for a tenth of it. */
export function nextAverage(averageNs: number | undefined, waitNs: number): number {
  if (averageNs === undefined) return Math.trunc(waitNs);
  return Math.trunc(NEW_WAIT_WEIGHT * waitNs + (1 - NEW_WAIT_WEIGHT) * averageNs);
}

/** What is left of an average after a silence. */
export function agedAverage(averageNs: number, silenceNs: number): number {
  return Math.trunc(averageNs / 2 ** Math.floor(silenceNs / HALF_LIFE_NS));
}
