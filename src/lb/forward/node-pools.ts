import { Pool } from "undici";

/** A node on a local network answers a connection in milliseconds; this allows for lost packets. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Requests beyond it wait for one of these connections. Keeps a burst from using up the ports towards a node. */
const CONNECTIONS_PER_NODE_MAX = 2048;

/** The longest silence of a node while it works on an answer: nodes end an async call after an hour, a sync one sooner. */
const SILENCE_MS_MAX = 3600_000;

/** The kept connections towards the nodes: a pool for each. */
export class NodePools {
  readonly #pools = new Map<string, Pool>();

  open(node: string): void {
    const pool = new Pool(`http://${node}`, {
      connectTimeout: CONNECT_TIMEOUT_MS,
      connections: CONNECTIONS_PER_NODE_MAX,
      headersTimeout: SILENCE_MS_MAX,
      bodyTimeout: SILENCE_MS_MAX,
    });
    this.#pools.set(node, pool);
  }

  /** The pool of a node; undefined when the node was removed meanwhile. */
  find(node: string): Pool | undefined {
    return this.#pools.get(node);
  }

  /** Takes no more requests for a node, lets those under way end and closes its connections. */
  async close(node: string): Promise<void> {
    const pool = this.#pools.get(node);
    this.#pools.delete(node);
    await pool?.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#pools.keys()].map((node) => this.close(node)));
  }
}
