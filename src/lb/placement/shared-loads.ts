import type { NodeTable } from "./node-table.ts";
import type { FnLoad, LoadReport, Loads } from "./policy.ts";

/** What a policy shares of functions, besides the calls at each node. */
export interface FnLoads {
  /** What changed since it was last asked, as much as a report holds. */
  take(): FnLoad[];
  /** Takes in what another process knows. */
  learn(loads: readonly FnLoad[]): void;
  /** Another process has so many calls of the function more there, or fewer. Absent where they are not counted. */
  addOthers?(fn: string, node: string, change: number): void;
}

/**
 * The loads that a policy shares: those of its nodes, and what it knows of functions. Of the other processes it keeps what
 * they said they have outstanding, so that the next report of each counts for the difference only, and all of it goes when
 * the process goes. Zeros are not kept.
 */
export class SharedLoads implements Loads {
  readonly #held = new Map<string, Map<string, Held>>();
  readonly #nodes: NodeTable;
  readonly #fns: FnLoads | undefined;

  constructor(nodes: NodeTable, fns?: FnLoads) {
    this.#nodes = nodes;
    this.#fns = fns;
  }

  report(): LoadReport | undefined {
    const nodes = this.#nodes.report();
    const fns = this.#fns?.take() ?? [];
    return nodes.length + fns.length === 0 ? undefined : { nodes, fns };
  }

  learn(from: string, report: LoadReport): void {
    const held = this.#held.get(from) ?? new Map<string, Held>();
    this.#held.set(from, held);
    for (const { node, outstanding } of report.nodes) this.#note(held, node, undefined, outstanding);
    for (const { node, fn, outstanding } of report.fns) this.#note(held, node, fn, outstanding);
    this.#fns?.learn(report.fns);
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
    else this.#fns?.addOthers?.(fn, node, change);
  }
}

/** Calls that another process has on a node, of one function or of all. */
interface Held {
  readonly node: string;
  /** Undefined for all functions together. */
  readonly fn: string | undefined;
  readonly outstanding: number;
}
