import type { Logger } from "pino";
import { FnError } from "../../model/errors.ts";
import { checkNodeName } from "../nodes/node-name.ts";
import { functionKey } from "../placement/key.ts";
import type { Candidate, Policy } from "../placement/policy.ts";
import { type CommandInput, json, type Reply, readObject } from "./command.ts";
import type { NodeRegistry } from "./registry.ts";

/** Functions that one command may name, and that a new node is asked to warm: each pulls an image and starts a container. */
export const FNS_MAX = 256;

/** Longest path of a function. */
const FN_LENGTH_MAX = 2048;

/** Which functions belong where. */
export interface Homes {
  /** The node that the function's next call would go to; undefined when there is none. */
  homeOf(fn: string): string | undefined;
  /** The functions known here that would live on this node if it could take calls; the most wanted first. */
  homesOn(node: Candidate, limit: number): readonly string[];
}

/** As a policy of placement sees it. */
export function homesBy(policy: Pick<Policy, "place" | "homesOn">): Homes {
  return {
    homeOf(fn) {
      const placing = policy.place(fn, []);
      placing?.end();
      return placing?.node;
    },
    homesOn: (node, limit) => policy.homesOn?.(node, limit) ?? [],
  };
}

/**
 * Asks a node to pull and start functions, and gives how many it has taken on. Rejects with the reason when the node
 * does not answer in time, or does not want to.
 */
export type WarmNode = (node: string, fns: readonly string[]) => Promise<number>;

interface PrewarmOptions {
  readonly nodes: NodeRegistry;
  readonly homes: Homes;
  readonly warm: WarmNode;
  readonly log: Logger;
}

/** What a node has been asked to warm, as the management shows it. */
export interface Warming {
  readonly warming: number;
  /** Why nodes did not take on what they were asked to, by node. */
  readonly failed?: Readonly<Record<string, string>>;
}

/** Has functions started before calls for them come. */
export class Prewarm {
  readonly #options: PrewarmOptions;

  constructor(options: PrewarmOptions) {
    this.#options = options;
  }

  /**
   * `{"fns": ["/r/app/path"], "node"?}`: asks that node, or the home of each. Throws `prewarm_invalid`,
   * `node_not_found`, and `no_node` or `prewarm_failed` when nobody has taken anything on.
   */
  async command(input: CommandInput): Promise<Reply> {
    const { fns, node } = await readObject(input);
    const wanted = checkedFns(fns);
    const byNode = node === undefined ? this.#byHome(wanted) : new Map([[this.#knownNode(node), wanted]]);
    const result = await this.#warm(byNode);
    if (result.warming === 0 && result.failed) {
      throw new FnError("prewarm_failed", { reason: Object.values(result.failed).join("; ") });
    }
    return json(202, result);
  }

  /**
   * Asks a node that is about to be let in to warm what will come to it, and waits until it has agreed. A node that
   * does not is let in all the same: it is cold, and no worse than without the question.
   */
  async beforeEntry(node: string, weight = this.#weightOf(node)): Promise<Warming> {
    const fns = this.#options.homes.homesOn({ name: node, weight }, FNS_MAX).filter(isFn);
    return fns.length === 0 ? { warming: 0 } : await this.#warm(new Map([[node, fns]]));
  }

  #weightOf(node: string): number {
    return this.#options.nodes.list().find(({ name }) => name === node)?.weight ?? 1;
  }

  #byHome(fns: readonly string[]): Map<string, string[]> {
    const byNode = new Map<string, string[]>();
    for (const fn of fns) {
      const home = this.#options.homes.homeOf(fn);
      if (home === undefined) throw new FnError("no_node");
      const known = byNode.get(home);
      if (known) known.push(fn);
      else byNode.set(home, [fn]);
    }
    return byNode;
  }

  /** Only nodes are asked: the management is no way to reach other machines. */
  #knownNode(node: unknown): string {
    checkNodeName(node);
    if (this.#options.nodes.list().some(({ name }) => name === node)) return node;
    throw new FnError("node_not_found", { node });
  }

  async #warm(byNode: ReadonlyMap<string, readonly string[]>): Promise<Warming> {
    const { warm, log } = this.#options;
    const failed: Record<string, string> = {};
    const counts = await Promise.all(
      [...byNode].map(async ([node, fns]) => {
        try {
          return await warm(node, fns);
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          failed[node] = reason;
          log.warn({ node, reason }, "node does not warm functions");
          return 0;
        }
      }),
    );
    const warming = counts.reduce((sum, count) => sum + count, 0);
    return Object.keys(failed).length === 0 ? { warming } : { warming, failed };
  }
}

function checkedFns(fns: unknown): string[] {
  const isList = Array.isArray(fns) && fns.length > 0 && fns.length <= FNS_MAX;
  if (!isList || !fns.every(isFn)) throw new FnError("prewarm_invalid", { max: FNS_MAX });
  return [...new Set(fns.map(functionKey))];
}

function isFn(fn: unknown): fn is string {
  return typeof fn === "string" && fn.length <= FN_LENGTH_MAX && /^\/r\/[^/?#]+\/[^?#]+$/.test(fn);
}
