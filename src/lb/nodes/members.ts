import { isIPv6 } from "node:net";
import { FnError } from "../../model/errors.ts";
import {
  afterCheck,
  type CheckResult,
  type Health,
  type NodeState,
  type Thresholds,
  UNKNOWN,
} from "./health.ts";

interface MembersOptions {
  readonly thresholds: Thresholds;
  readonly onAdd: (node: string) => void;
  readonly onRemove: (node: string) => void;
  /** Told when a node's state changes. */
  readonly onMove: (node: string, state: NodeState) => void;
}

/**
 * The list of nodes and what is known of each: the one owner of both, so that a node's health goes with its entry.
 * Names are `host:port`, and sorted by their bytes wherever an order shows.
 */
export class Members {
  readonly #options: MembersOptions;
  readonly #nodes = new Map<string, Health>();
  #healthy: readonly string[] = [];

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  /**
   * Takes a node into the list; one that is in it stays as it is. A new node gets no request before its first
   * check has passed. Throws `node_name_invalid`.
   */
  add(node: string): void {
    if (!isNodeName(node)) throw new FnError("node_name_invalid", { node });
    if (this.#nodes.has(node)) return;
    this.#nodes.set(node, UNKNOWN);
    this.#options.onAdd(node);
  }

  /** Takes a node out of the list; the requests that it has are left to end. Does nothing for an unknown one. */
  remove(node: string): void {
    if (!this.#nodes.delete(node)) return;
    this.#refresh();
    this.#options.onRemove(node);
  }

  /** Takes in what a check, or a request that could not reach the node, has shown. */
  apply(node: string, result: CheckResult): void {
    const before = this.#nodes.get(node);
    if (before === undefined) return;
    const health = afterCheck(before, result, this.#options.thresholds);
    this.#nodes.set(node, health);
    if (health.state === before.state) return;
    this.#refresh();
    this.#options.onMove(node, health.state);
  }

  has(node: string): boolean {
    return this.#nodes.has(node);
  }

  /** The nodes that can take requests. */
  healthy(): readonly string[] {
    return this.#healthy;
  }

  /** All nodes and their states. */
  states(): ReadonlyMap<string, NodeState> {
    const states = [...this.#nodes].map(([node, health]) => [node, health.state] as const);
    return new Map(states.sort(byName));
  }

  #refresh(): void {
    const healthy = [...this.#nodes].filter(([, health]) => health.state === "healthy");
    this.#healthy = healthy.map(([node]) => node).sort();
  }
}

function byName([a]: readonly [string, NodeState], [b]: readonly [string, NodeState]): number {
  return a < b ? -1 : 1;
}

/** `name:port`, `1.2.3.4:port` or `[v6]:port`, and nothing that a URL would read as something else. */
export function isNodeName(text: string): boolean {
  const [, v6, host, port] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z._-]{1,253})):([1-9]\d{0,4})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65535) return false;
  if (v6 !== undefined) return isIPv6(v6);
  return host !== undefined && !/^[.-]|\.\./.test(host) && URL.canParse(`http://${text}`);
}
