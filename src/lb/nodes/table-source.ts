import type { Logger } from "pino";
import type { Clock, Timer } from "../../clock/clock.ts";
import { isSameList, isWeight, NODES_MAX, normalList } from "./listed-nodes.ts";
import { checkNodeName, isNodeName } from "./node-name.ts";
import type { ListedNode, NodeSource } from "./source.ts";

/**
 * A table that all nodes have gone from at once is believed after this. Nodes which announce themselves go when they cannot
 * write to it for some seconds, so that is how a database looks that was away; they are back a moment later.
 */
const EMPTY_MS = 30_000;

/** The table of nodes, as whoever starts the balancer has it: one for all balancers. */
export interface NodeTable {
  list(): Promise<readonly ListedNode[]>;
  put(node: ListedNode): Promise<void>;
  remove(name: string): Promise<void>;
}

interface TableSourceOptions {
  readonly table: NodeTable;
  /** How soon a balancer sees what another one, or a node, has changed. One small query each. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The nodes of a table of a database. While it cannot be read the list stays as it was. Rows that are no node are left out
 * and said once.
 */
export class TableSource implements NodeSource {
  readonly name = "db";
  readonly #options: TableSourceOptions;
  #onNodes: (nodes: readonly ListedNode[]) => void = () => {};
  #nodes: readonly ListedNode[] = [];
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  /** Since when the table is empty and that is not believed, in monotonic nanoseconds. */
  #emptySinceNs: number | undefined;
  readonly #saidWrong = new Set<string>();
  /** What this process has changed: a look that began before knows nothing of it. */
  #changes = 0;
  #isFailing = false;
  #isStopped = false;

  constructor(options: TableSourceOptions) {
    this.#options = options;
  }

  /** Rejects when the table cannot be read. */
  async start(onNodes: (nodes: readonly ListedNode[]) => void): Promise<void> {
    this.#nodes = await this.#read();
    if (this.#isStopped) return;
    this.#onNodes = onNodes;
    onNodes(this.#nodes);
    this.#lookLater();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  /** Told before it resolves. Throws `node_name_invalid`, and what the table throws. */
  async add(node: ListedNode): Promise<void> {
    checkNodeName(node.name);
    await this.#options.table.put(node);
    this.#changes++;
    this.#take(normalList([node, ...this.#nodes]));
  }

  async remove(name: string): Promise<void> {
    await this.#options.table.remove(name);
    this.#changes++;
    this.#take(this.#nodes.filter((node) => node.name !== name));
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    this.#timer = this.#options.clock.after(this.#options.intervalMs, () => {
      this.#looking = this.#look();
    });
  }

  async #look(): Promise<void> {
    const { log } = this.#options;
    const changes = this.#changes;
    try {
      const nodes = await this.#read();
      if (this.#isFailing) log.info("the table of nodes can be read again");
      this.#isFailing = false;
      const isCurrent = changes === this.#changes && !this.#isStopped;
      if (isCurrent && this.#isBelieved(nodes)) this.#take(nodes);
    } catch (error) {
      if (!this.#isFailing)
        log.error({ err: error }, "the table of nodes cannot be read: the list stays as it was");
      this.#isFailing = true;
    }
    this.#lookLater();
  }

  #isBelieved(nodes: readonly ListedNode[]): boolean {
    const nowNs = this.#options.clock.monotonicNs();
    if (nodes.length > 0 || this.#nodes.length === 0) {
      this.#emptySinceNs = undefined;
      return true;
    }
    if (this.#emptySinceNs === undefined) {
      this.#emptySinceNs = nowNs;
      this.#options.log.warn("all nodes have gone from the table at once: they are kept for a while");
    }
    return nowNs - this.#emptySinceNs >= EMPTY_MS * 1e6;
  }

  #take(nodes: readonly ListedNode[]): void {
    if (isSameList(nodes, this.#nodes)) return;
    this.#nodes = nodes;
    this.#onNodes(nodes);
  }

  async #read(): Promise<readonly ListedNode[]> {
    const rows = await this.#options.table.list();
    if (rows.length > NODES_MAX) throw new Error(`there are more than ${NODES_MAX} nodes`);
    return normalList(rows.filter((row) => this.#isNode(row)));
  }

  #isNode({ name, weight }: ListedNode): boolean {
    if (isNodeName(name) && isWeight(weight)) return true;
    if (!this.#saidWrong.has(name))
      this.#options.log.error({ name, weight }, "a row of the table is no node");
    if (this.#saidWrong.size < NODES_MAX) this.#saidWrong.add(name);
    return false;
  }
}
