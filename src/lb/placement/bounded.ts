import type { Clock } from "../../clock/clock.ts";
import { FnTable, TableEntry } from "./fn-table.ts";
import { NodePlacing } from "./node-placing.ts";
import { NodeTable, type PlacedNode } from "./node-table.ts";
import { Peers } from "./peers.ts";
import type { Candidate, LoadReport, Placing, Policy } from "./policy.ts";
import { hashOf, isNearest, nearest } from "./rendezvous.ts";

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
  readonly #peers = new Peers(this.#nodes);
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
    const rankable = { hash: hashOf(node.name), weight: node.weight };
    const others = this.#nodes.present.filter(({ name }) => name !== node.name);
    const homes: string[] = [];
    for (const fn of this.#fns.newestFirst()) {
      if (homes.length >= limit) break;
      if (isNearest(fn.hash, rankable, others)) homes.push(fn.key);
    }
    return homes;
  }

  report(): LoadReport | undefined {
    const nodes = this.#nodes.report();
    return nodes.length === 0 ? undefined : { nodes, fns: [] };
  }

  learn(from: string, report: LoadReport): void {
    this.#peers.learn(from, report);
  }

  forget(from: string): void {
    this.#peers.forget(from);
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
