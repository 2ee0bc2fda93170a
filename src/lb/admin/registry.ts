import { FnError } from "../../model/errors.ts";
import type { Members, NodeView } from "../nodes/members.ts";
import type { NodeSource } from "../nodes/source.ts";

/** The nodes, as the management shows and changes them. */
export interface NodeRegistry {
  /** Where the list comes from, see NodeSource. */
  readonly source: string;
  /** All nodes, by the bytes of their names. */
  list(): readonly NodeView[];
  /** Requests that a node has at the moment. */
  outstandingOf(name: string): number;
  /**
   * Adds a node, or changes what is told of the one that has this name. Throws `node_name_invalid`, `node_list_foreign`
   * where the list is kept by somebody else, and what the source throws.
   */
  put(name: string, changes: NodeChanges): Promise<void>;
  /** Takes a node out; does nothing for an unknown one. Throws as `put` does. */
  remove(name: string): Promise<void>;
}

/** What is left out stays as it is, or is what a new node has. */
export interface NodeChanges {
  readonly weight?: number | undefined;
  readonly isDraining?: boolean | undefined;
}

/** Whether calls go there: what Fn's balancer calls online. */
export function isOnline({ state }: NodeView): boolean {
  return state === "healthy";
}

interface RegistryOptions {
  readonly members: Members;
  readonly source: NodeSource;
  readonly outstandingOf: (name: string) => number;
}

/** The nodes of one balancer process: its source says which there are, and its members how they are. */
export class Registry implements NodeRegistry {
  readonly #options: RegistryOptions;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** From now on the members are those of the source. Rejects when the source cannot begin. */
  async start(): Promise<void> {
    const { source, members } = this.#options;
    await source.start((nodes) => members.replace(nodes));
  }

  async stop(): Promise<void> {
    await this.#options.source.stop();
  }

  get source(): string {
    return this.#options.source.name;
  }

  list(): readonly NodeView[] {
    return this.#options.members.views();
  }

  outstandingOf(name: string): number {
    return this.#options.outstandingOf(name);
  }

  async put(name: string, { weight, isDraining }: NodeChanges): Promise<void> {
    const { source, members } = this.#options;
    if (source.add) {
      const { weight: weightNow = 1, isDraining: isDrainingNow = false } = members.listed(name) ?? {};
      await source.add({ name, weight: weight ?? weightNow, isDraining: isDraining ?? isDrainingNow });
      return;
    }
    // Draining is known here alone then, and forgotten with the node; all else is another's to say.
    const isDrainOnly = isDraining !== undefined && weight === undefined;
    if (!isDrainOnly || !members.setDraining(name, isDraining)) throw this.#foreign();
  }

  async remove(name: string): Promise<void> {
    const { source } = this.#options;
    if (!source.remove) throw this.#foreign();
    await source.remove(name);
  }

  #foreign(): FnError {
    return new FnError("node_list_foreign", { source: this.source });
  }
}
