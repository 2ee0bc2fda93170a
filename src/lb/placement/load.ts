import type { Clock } from "../../clock/clock.ts";
import { LruMap } from "./lru-map.ts";

/** The weight of a new wait in the average; the rest is what it was before. */
const NEW_WAIT_WEIGHT = 0.1;

/**
 * For each whole span of this length without a word from a node about a function, their average halves. Without
 * that, one bad moment of a function that is called rarely would send it elsewhere for days; and a function in
 * steady use, heard of more often than this, has exactly the average of its waits.
 */
const HALF_LIFE_NS = 30e9;

/** Callers choose the paths, so what is remembered of them has a bound: about 2 MB per node. */
const FUNCTIONS_PER_NODE_MAX = 10_000;

interface Average {
  readonly waitNs: number;
  readonly heardNs: number;
}

/**
 * How long calls of a function have to wait on a node: a moving average per node and function. A function goes by
 * the hash of its key here, which is as short for a long path.
 */
export class Load {
  readonly #nodes = new Map<string, LruMap<bigint, Average>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The average wait in nanoseconds; 0 when nothing is known. */
  waitNs(node: string, hash: bigint): number {
    const average = this.#nodes.get(node)?.get(hash);
    return average === undefined ? 0 : decayed(average, this.#clock.monotonicNs());
  }

  /** Takes in the wait of one call. The first is the average; later ones count for a tenth of it. */
  add(node: string, hash: bigint, waitNs: number): void {
    const functions = this.#nodes.get(node) ?? new LruMap<bigint, Average>(FUNCTIONS_PER_NODE_MAX);
    this.#nodes.set(node, functions);

    const nowNs = this.#clock.monotonicNs();
    const before = functions.get(hash);
    const average =
      before === undefined
        ? waitNs
        : NEW_WAIT_WEIGHT * waitNs + (1 - NEW_WAIT_WEIGHT) * decayed(before, nowNs);
    functions.set(hash, { waitNs: Math.trunc(average), heardNs: nowNs });
  }

  /** Forgets all about a node. */
  remove(node: string): void {
    this.#nodes.delete(node);
  }

  /** How many averages are kept, over all nodes. */
  get size(): number {
    let size = 0;
    for (const functions of this.#nodes.values()) size += functions.size;
    return size;
  }
}

function decayed(average: Average, nowNs: number): number {
  const halvings = Math.floor((nowNs - average.heardNs) / HALF_LIFE_NS);
  return Math.trunc(average.waitNs / 2 ** halvings);
}
