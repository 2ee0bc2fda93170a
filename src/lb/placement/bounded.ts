import type { Clock } from "../../clock/clock.ts";
import { FnTable, TableEntry } from "./fn-table.ts";
import { homesOn } from "./homes.ts";
import { NodePlacing } from "./node-placing.ts";
import { NodeTable, type PlacedNode } from "./node-table.ts";
import type { Candidate, Placing, Policy } from "./policy.ts";
import { nearest } from "./rendezvous.ts";
import { SharedLoads } from "./shared-loads.ts";

/** A node takes at most so many times its share of all calls. */
const LOAD_FACTOR = 1.25;

/** How many nodes of its order a function remembers; a call that goes further down computes the rest for itself. */
const RANKS_KEPT = 4;

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, arXiv:1608.01350): a call goes to the first
 * node in its function's order that has less than 1.25 times its share of the calls under way. In place of the ring of
 * that paper each function has its own order of nodes (rendezvous.ts), so that the overflow of a node spreads over all.
 */
export class Bounded implements Policy {
  readonly name = "bounded";
  readonly #clock: Clock;
  readonly #nodes = new NodeTable();
  readonly loads = new SharedLoads(this.#nodes);
  readonly #fns = new FnTable((key) => new RankedFn(key));

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  setNodes(nodes: readonly Candidate[]): void {
    this.#nodes.set(nodes, 0);
  }

  removeNode(name: string): void {
    this.#nodes.remove(name);
  }

  place(key: string, tried: readonly string[]): Placing | undefined {
    const fn = this.#fns.use(key, Math.trunc(this.#clock.monotonicNs() / 1e6));
    const node = this.#choose(fn, tried);
    return node && new NodePlacing(this.#nodes, node);
  }

  homesOn(node: Candidate, limit: number): readonly string[] {
    return homesOn(node, this.#nodes.present, this.#fns.newestFirst(), limit);
  }

  #choose(fn: RankedFn, tried: readonly string[]): PlacedNode | undefined {
    const { present, version, outstanding, weight } = this.#nodes;
    const share = (LOAD_FACTOR * (outstanding + 1)) / weight;
    const isUntried = ({ name }: PlacedNode) => tried.length === 0 || !tried.includes(name);
    const hasRoom = (node: PlacedNode) => node.outstanding + 1 <= Math.ceil(share * node.weight);

    let ranks: readonly PlacedNode[] = fn.ranks(present, version);
    for (;;) {
      const found = ranks.find((node) => hasRoom(node) && isUntried(node));
      if (found) return found;
      // Some node always has room, but it may be one of those tried.
      if (ranks.length === present.length) return ranks.find(isUntried);
      ranks = nearest(fn.hash, present, ranks.length * RANKS_KEPT);
    }
  }
}

class RankedFn extends TableEntry<RankedFn> {
  #ranks: readonly PlacedNode[] = [];
  #version = -1;

  ranks(nodes: readonly PlacedNode[], version: number): readonly PlacedNode[] {
    if (this.#version !== version) {
      this.#version = version;
      this.#ranks = nearest(this.hash, nodes, RANKS_KEPT);
    }
    return this.#ranks;
  }
}
