import { Changes } from "./changes.ts";
import type { Candidate, NodeLoad } from "./policy.ts";
import { hashOf } from "./rendezvous.ts";

/** Nodes that went away are remembered up to so many, so that a long life with changing nodes has a bound. */
const ABSENT_NODES_MAX = 1000;

/** A node as policies see it. The same object as long as the node is known, also while it is away. */
export class PlacedNode {
  readonly name: string;
  readonly hash: number;
  weight = 1;
  /** Whether it can take calls. */
  isPresent = false;
  /** False once it was removed: whatever it is told then concerns nobody. */
  isKnown = true;
  /** When it last became able to, in the milliseconds of its policy. */
  sinceMs = 0;
  /** Calls of this process that are there, of whatever function. */
  own = 0;
  /** Calls of the other processes of this balancer. */
  others = 0;

  constructor(name: string) {
    this.name = name;
    this.hash = hashOf(name);
  }

  get outstanding(): number {
    return this.own + this.others;
  }
}

/** The nodes by name, and those that can take calls. */
export class NodeTable {
  readonly #byName = new Map<string, PlacedNode>();
  readonly #changed = new Changes<PlacedNode>();
  #present: readonly PlacedNode[] = [];
  #version = 0;
  #weight = 0;
  #outstanding = 0;

  /** Those that can take calls, in the order of their names. */
  get present(): readonly PlacedNode[] {
    return this.#present;
  }

  /** Counts the changes of the list: what was derived from an older one is derived anew when it is next needed. */
  get version(): number {
    return this.#version;
  }

  /** The weights of those that can take calls. */
  get weight(): number {
    return this.#weight;
  }

  /** All calls at those that can take more. */
  get outstanding(): number {
    return this.#outstanding;
  }

  set(candidates: readonly Candidate[], nowMs: number): void {
    const before = new Set(this.#present);
    const now = new Set<PlacedNode>();
    for (const { name, weight } of candidates) {
      if (!(weight > 0)) throw new RangeError(`the weight of ${name} is not above 0: ${weight}`);
      const node = this.get(name);
      node.weight = weight;
      if (!node.isPresent) node.sinceMs = nowMs;
      node.isPresent = true;
      before.delete(node);
      now.add(node);
    }
    for (const node of before) {
      node.isPresent = false;
      // Behind all others: the first absent one of the map is the one that is away for longest.
      this.#byName.delete(node.name);
      this.#byName.set(node.name, node);
    }
    this.#show([...now].sort((a, b) => (a.name < b.name ? -1 : 1)));
    this.#forgetAbsent();
  }

  /** Forgets a node: the next one of that name is another. Calls that it still has are counted with the forgotten one. */
  remove(name: string): void {
    const node = this.#byName.get(name);
    if (node === undefined) return;
    this.#byName.delete(name);
    node.isKnown = false;
    if (!node.isPresent) return;
    node.isPresent = false;
    this.#show(this.#present.filter((other) => other !== node));
  }

  /** The node of this name; one that can take no calls when it was not known. */
  get(name: string): PlacedNode {
    let node = this.#byName.get(name);
    if (node === undefined) {
      node = new PlacedNode(name);
      this.#byName.set(name, node);
    }
    return node;
  }

  /** A call of this process goes there. */
  begin(node: PlacedNode): void {
    node.own++;
    if (node.isPresent) this.#outstanding++;
    this.#changed.add(node);
  }

  /** A call of this process is over there. */
  end(node: PlacedNode): void {
    node.own--;
    if (node.isPresent) this.#outstanding--;
    if (node.isKnown) this.#changed.add(node);
  }

  /** Another process has so many calls more there, or fewer. */
  addOthers(node: PlacedNode, change: number): void {
    const before = node.others;
    node.others = Math.max(0, before + change);
    if (node.isPresent) this.#outstanding += node.others - before;
  }

  /** The nodes at which this process has more or fewer calls than at the last report. */
  report(): NodeLoad[] {
    return this.#changed.take().map(({ name, own }) => ({ node: name, outstanding: own }));
  }

  #show(present: readonly PlacedNode[]): void {
    this.#present = present;
    this.#weight = sum(present, ({ weight }) => weight);
    this.#outstanding = sum(present, ({ outstanding }) => outstanding);
    this.#version++;
  }

  #forgetAbsent(): void {
    let over = this.#byName.size - this.#present.length - ABSENT_NODES_MAX;
    if (over <= 0) return;
    for (const node of this.#byName.values()) {
      if (node.isPresent) continue;
      this.#byName.delete(node.name);
      if (--over === 0) return;
    }
  }
}

function sum(nodes: readonly PlacedNode[], numberOf: (node: PlacedNode) => number): number {
  return nodes.reduce((total, node) => total + numberOf(node), 0);
}
