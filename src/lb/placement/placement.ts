import type { Random } from "../../clock/random.ts";
import { jumpHash } from "./jump-hash.ts";

/** Below this average wait a function stays on its node: 500 ms. */
const SPREAD_FROM_NS = 500e6;
/** Above it the chance to stay is the least there is: 2 s. */
const SPREAD_FULLY_FROM_NS = 2e9;

/** The percentage of calls that still go to a node whose calls wait: when spreading sets in, and at its most. */
const STAY_PERCENT_FIRST = 40;
const STAY_PERCENT_LEAST = 10;

/**
 * The order in which to try the nodes for a function: a pure function of its arguments and one draw.
 *
 * Each function has a home, found by jump hash over the sorted names, and goes there as long as its calls hardly
 * wait. When they wait, a share of the calls goes on to the next name, where that node's own load decides in the
 * same way, and so on round the list. That walk is drawn in one step, from the shares that it comes to. After the
 * node that was drawn come the others in the order of the walk, for the case that it cannot be reached.
 *
 * `nodes` are the usable ones, sorted: all balancers with the same list find the same home.
 */
export function placeCall(
  hash: bigint,
  nodes: readonly string[],
  waitNsOf: (node: string) => number,
  random: Random,
): readonly string[] {
  if (nodes.length === 0) return [];
  const home = jumpHash(hash, nodes.length);
  const walk = [...nodes.slice(home), ...nodes.slice(0, home)];
  const drawn = draw(shares(walk, waitNsOf), random);
  return [...walk.slice(drawn), ...walk.slice(0, drawn)];
}

/** The chance, 0.1 to 1, that a call stays on a node where calls wait this long on average. */
export function stayChance(waitNs: number): number {
  if (waitNs < SPREAD_FROM_NS) return 1;
  if (waitNs > SPREAD_FULLY_FROM_NS) return STAY_PERCENT_LEAST / 100;
  const way = (waitNs - SPREAD_FROM_NS) / (SPREAD_FULLY_FROM_NS - SPREAD_FROM_NS);
  return Math.trunc(STAY_PERCENT_FIRST - way * (STAY_PERCENT_FIRST - STAY_PERCENT_LEAST)) / 100;
}

/**
 * How many of the calls end on each node of the walk, up to a common factor: those that came so far, times the
 * chance to stay. Nobody comes further than a node that keeps all, so the list ends there. What is left at the
 * end goes round again, in the same proportions; hence the common factor.
 */
function shares(walk: readonly string[], waitNsOf: (node: string) => number): number[] {
  const found: number[] = [];
  let arriving = 1;
  for (const node of walk) {
    const stay = stayChance(waitNsOf(node));
    found.push(arriving * stay);
    arriving *= 1 - stay;
    if (arriving === 0) break;
  }
  return found;
}

function draw(weights: readonly number[], random: Random): number {
  // The usual case, a home without waiting, takes no chance at all.
  if (weights.length === 1) return 0;
  let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return index;
  }
  // Only reached when rounding eats the last of the last weight.
  return weights.length - 1;
}
