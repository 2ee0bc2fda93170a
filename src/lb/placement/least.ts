import { type Random, seededRandom } from "../../clock/random.ts";
import { NodePlacing } from "./node-placing.ts";
import { NodeTable, type PlacedNode } from "./node-table.ts";
import type { Candidate, Placing, Policy } from "./policy.ts";
import { SharedLoads } from "./shared-loads.ts";

/**
 * The less loaded of two nodes drawn by weight (Mitzenmacher, "The power of two choices in randomized load balancing",
 * 2001). Even at once, whatever the functions are, and each of them ends up on all nodes.
 */
export class Least implements Policy {
  readonly name = "least";
  readonly #nodes = new NodeTable();
  readonly loads = new SharedLoads(this.#nodes);
  readonly #random: Random;
  #urn = new Urn([]);

  constructor(random: Random) {
    // Draws need to be even, not secret, and there are two for each call: one seed is enough of the costly chance.
    this.#random = seededRandom(Math.floor(random.next() * 2 ** 32));
  }

  setNodes(nodes: readonly Candidate[]): void {
    this.#nodes.set(nodes, 0);
    this.#urn = new Urn(this.#nodes.present);
  }

  removeNode(name: string): void {
    this.#nodes.remove(name);
    this.#urn = new Urn(this.#nodes.present);
  }

  place(_fn: string, tried: readonly string[]): Placing | undefined {
    const urn = tried.length === 0 ? this.#urn : this.#urn.without(tried);
    const node = urn.drawLessLoaded(this.#random);
    return node && new NodePlacing(this.#nodes, node);
  }
}

/** Nodes to draw from, each with a chance in proportion to its weight. */
class Urn {
  readonly #nodes: readonly PlacedNode[];
  /** For each node the weights up to its own. */
  readonly #ends: Float64Array;

  constructor(nodes: readonly PlacedNode[]) {
    this.#nodes = nodes;
    this.#ends = new Float64Array(nodes.length);
    let end = 0;
    for (const [index, { weight }] of nodes.entries()) {
      end += weight;
      this.#ends[index] = end;
    }
  }

  without(names: readonly string[]): Urn {
    return new Urn(this.#nodes.filter(({ name }) => !names.includes(name)));
  }

  /** The less loaded of two different nodes; undefined when there is none. */
  drawLessLoaded(random: Random): PlacedNode | undefined {
    const weight = this.#ends.at(-1) ?? 0;
    const at = this.#indexOf(random.next() * weight);
    const first = this.#nodes[at];
    if (first === undefined || this.#nodes.length === 1) return first;
    // The second draw is from what is left when the first is taken out.
    const start = (this.#ends[at] ?? 0) - first.weight;
    const drawn = random.next() * (weight - first.weight);
    const second = this.#nodes[this.#indexOf(drawn < start ? drawn : drawn + first.weight)];
    return second !== undefined && loadOf(second) < loadOf(first) ? second : first;
  }

  /** The first node whose end lies behind this point. */
  #indexOf(point: number): number {
    let low = 0;
    let high = this.#ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (point < (this.#ends[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function loadOf({ outstanding, weight }: PlacedNode): number {
  return outstanding / weight;
}
