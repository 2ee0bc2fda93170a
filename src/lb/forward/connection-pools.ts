import type { ConnectionOptions } from "node:tls";
import type { Clock } from "../../clock/clock.ts";
import { ConnectionPool, type PoolOptions } from "./connection-pool.ts";

export interface PoolsOptions extends Omit<PoolOptions, "host" | "port" | "tls"> {
  readonly clock: Clock;
  /** How TLS is spoken to the nodes; undefined for plain TCP. */
  readonly tls?: ConnectionOptions | undefined;
}

/** The connections to all nodes. */
export class ConnectionPools {
  readonly #options: PoolsOptions;
  readonly #pools = new Map<string, ConnectionPool>();

  constructor(options: PoolsOptions) {
    this.#options = options;
  }

  /** For a node, `host:port`; does nothing when it has one. */
  open(node: string): void {
    if (!this.#pools.has(node))
      this.#pools.set(node, new ConnectionPool({ ...this.#options, ...addressOf(node) }));
  }

  /** Undefined for a node that was removed. */
  find(node: string): ConnectionPool | undefined {
    return this.#pools.get(node);
  }

  /** A node was heard of by another way: it has passed a check. */
  noteHeard(node: string): void {
    const pool = this.#pools.get(node);
    if (pool) pool.heardAtNs = this.#options.clock.monotonicNs();
  }

  /** Closes the connections to a node that are idle: it goes down, or is dead. */
  closeIdle(node: string): void {
    this.#pools.get(node)?.closeIdle();
  }

  /** A node was removed: its connections are closed, those in use once they are idle. */
  close(node: string): void {
    this.#pools.get(node)?.close();
    this.#pools.delete(node);
  }

  closeAll(): void {
    for (const node of [...this.#pools.keys()]) this.close(node);
  }

  /** How many requests a node has, as far as this process knows; 0 for one that was removed. */
  busy(node: string): number {
    return this.#pools.get(node)?.busy ?? 0;
  }

  /** For metrics. */
  sizes(): {
    readonly node: string;
    readonly open: number;
    readonly idle: number;
    readonly waiting: number;
  }[] {
    return Array.from(this.#pools, ([node, pool]) => ({
      node,
      open: pool.open,
      idle: pool.idleCount,
      waiting: pool.waiting,
    }));
  }
}

function addressOf(node: string): { host: string; port: number } {
  const colon = node.lastIndexOf(":");
  return { host: node.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(node.slice(colon + 1)) };
}
