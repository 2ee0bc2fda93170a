import type { NodeTable } from "./node-table.ts";
import type { LoadReport } from "./policy.ts";

/** Calls that another process has on a node, of one function or of all. */
interface Held {
  readonly node: string;
  /** Undefined for all functions together. */
  readonly fn: string | undefined;
  readonly outstanding: number;
}

/** Tells where another process has how many calls more, or fewer, of one function. */
export type OnFnChange = (fn: string, node: string, change: number) => void;

/**
 * What the other processes of this balancer said they have outstanding, so that the next report of each counts for the
 * difference only, and all of it goes when the process goes. Zeros are not kept.
 */
export class Peers {
  readonly #held = new Map<string, Map<string, Held>>();
  readonly #nodes: NodeTable;
  readonly #onFnChange: OnFnChange;

  constructor(nodes: NodeTable, onFnChange: OnFnChange = () => {}) {
    this.#nodes = nodes;
    this.#onFnChange = onFnChange;
  }

  learn(from: string, report: LoadReport): void {
    const held = this.#held.get(from) ?? new Map<string, Held>();
    this.#held.set(from, held);
    for (const { node, outstanding } of report.nodes) this.#note(held, node, undefined, outstanding);
    for (const { node, fn, outstanding } of report.fns) this.#note(held, node, fn, outstanding);
  }

  forget(from: string): void {
    const held = this.#held.get(from);
    this.#held.delete(from);
    for (const { node, fn, outstanding } of held?.values() ?? []) this.#change(node, fn, -outstanding);
  }

  #note(held: Map<string, Held>, node: string, fn: string | undefined, outstanding: number): void {
    const key = fn === undefined ? node : `${node} ${fn}`;
    const before = held.get(key)?.outstanding ?? 0;
    if (outstanding === before) return;
    if (outstanding === 0) held.delete(key);
    else held.set(key, { node, fn, outstanding });
    this.#change(node, fn, outstanding - before);
  }

  #change(node: string, fn: string | undefined, change: number): void {
    if (fn === undefined) this.#nodes.addOthers(this.#nodes.get(node), change);
    else this.#onFnChange(fn, node, change);
  }
}
