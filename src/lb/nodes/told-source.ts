import type { Clock } from "../../clock/clock.ts";
import type { WorkerLink } from "../workers/link.ts";
import { normalList } from "./listed-nodes.ts";
import { checkNodeName } from "./node-name.ts";
import type { ListedNode, NodeSource } from "./source.ts";

const TOPIC = "node-changes";

/** A removal is remembered for so long, for workers that have not heard of it: longer than any is busy. */
const REMOVAL_MS = 60_000;

/** What the management has said of one node; of two words, the later one counts. */
interface Change {
  readonly name: string;
  /** Undefined: it was taken out. */
  readonly node?: ListedNode;
  /** In Unix milliseconds: workers are on one machine. */
  readonly atMs: number;
}

interface ToldSourceOptions {
  /** Those of the settings, each `host:port`. */
  readonly names: readonly string[];
  readonly link: Pick<WorkerLink, "publish" | "subscribe" | "answer" | "ask">;
  readonly clock: Clock;
}

/**
 * The nodes of the settings, and what the management has changed of them. Kept in memory, and the same in all workers: what
 * one is told the others hear, and one that starts asks those that serve already.
 */
export class ToldSource implements NodeSource {
  readonly name = "flags";
  readonly #link: ToldSourceOptions["link"];
  readonly #clock: Clock;
  readonly #changes = new Map<string, Change>();
  #names: readonly string[];
  #onNodes: (nodes: readonly ListedNode[]) => void = () => {};

  /** Throws `node_name_invalid`. */
  constructor({ names, link, clock }: ToldSourceOptions) {
    for (const name of names) checkNodeName(name);
    this.#names = names;
    this.#link = link;
    this.#clock = clock;
    link.answer(TOPIC, () => [...this.#changes.values()]);
    link.subscribe(TOPIC, (changes) => this.#learn(changes));
  }

  async start(onNodes: (nodes: readonly ListedNode[]) => void): Promise<void> {
    this.#onNodes = onNodes;
    for (const { answer } of await this.#link.ask(TOPIC)) this.#learn(answer);
    this.#tell();
  }

  async stop(): Promise<void> {
    this.#onNodes = () => {};
  }

  /** Other settings: nodes that are new in them are in, whatever was said of them before. Throws `node_name_invalid`. */
  setNames(names: readonly string[]): void {
    for (const name of names) checkNodeName(name);
    for (const name of names) if (!this.#names.includes(name)) this.#changes.delete(name);
    this.#names = names;
    this.#tell();
  }

  async add(node: ListedNode): Promise<void> {
    checkNodeName(node.name);
    this.#change({ name: node.name, node, atMs: this.#clock.nowMs() });
  }

  async remove(name: string): Promise<void> {
    // What nobody knows needs no memory of its removal.
    if (!this.#names.includes(name) && !this.#changes.has(name)) return;
    this.#change({ name, atMs: this.#clock.nowMs() });
  }

  #change(change: Change): void {
    this.#forgetRemovals(change.atMs - REMOVAL_MS);
    this.#changes.set(change.name, change);
    this.#tell();
    this.#link.publish(TOPIC, [...this.#changes.values()]);
  }

  /** Of nodes that the settings do not name, where nothing is left to be outdone. */
  #forgetRemovals(beforeMs: number): void {
    for (const { name, node, atMs } of this.#changes.values()) {
      if (!node && atMs < beforeMs && !this.#names.includes(name)) this.#changes.delete(name);
    }
  }

  #learn(changes: unknown): void {
    // From a worker of this program, which sends what `#change` does.
    for (const change of changes as readonly Change[]) {
      const known = this.#changes.get(change.name);
      if (!known || known.atMs <= change.atMs) this.#changes.set(change.name, change);
    }
    this.#tell();
  }

  #tell(): void {
    const nodes = new Map(this.#names.map((name) => [name, { name, weight: 1, isDraining: false }]));
    for (const { name, node } of this.#changes.values()) {
      if (node) nodes.set(name, node);
      else nodes.delete(name);
    }
    this.#onNodes(normalList(nodes.values()));
  }
}
