import { isIPv6 } from "node:net";
import type { Logger } from "pino";
import type { Clock, Timer } from "../../clock/clock.ts";
import { isSameList, normalList } from "./listed-nodes.ts";
import { isNodeName } from "./node-name.ts";
import type { ListedNode, NodeSource } from "./source.ts";

/** What is asked of a resolver: Node's own has it. */
export interface Resolver {
  resolve4(host: string): Promise<string[]>;
  resolve6(host: string): Promise<string[]>;
  resolveSrv(name: string): Promise<SrvRecord[]>;
}

/** RFC 2782. */
export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

interface DnsSourceOptions {
  /** `host:port` for the addresses of a host, or the name of SRV records, such as `_fn._tcp.internal`. */
  readonly query: string;
  /** From one answer to the next question. */
  readonly intervalMs: number;
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The nodes that DNS names, asked again and again. What cannot be resolved leaves the list as it was: a name server that is
 * away, or knows nothing for a moment, takes no node out. The health checks do that.
 */
export class DnsSource implements NodeSource {
  readonly name: string;
  readonly #options: DnsSourceOptions;
  #onNodes: (nodes: readonly ListedNode[]) => void = () => {};
  #nodes: readonly ListedNode[] = [];
  #timer: Timer | undefined;
  #isFailing = false;
  #isStopped = false;

  constructor(options: DnsSourceOptions) {
    this.#options = options;
    this.name = `dns:${options.query}`;
  }

  /** Rejects when the name cannot be resolved. */
  async start(onNodes: (nodes: readonly ListedNode[]) => void): Promise<void> {
    this.#nodes = await resolve(this.#options);
    if (this.#isStopped) return;
    this.#onNodes = onNodes;
    onNodes(this.#nodes);
    this.#askLater();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #askLater(): void {
    if (!this.#isStopped)
      this.#timer = this.#options.clock.after(this.#options.intervalMs, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    const { log, query } = this.#options;
    try {
      const nodes = await resolve(this.#options);
      this.#isFailing = false;
      if (!this.#isStopped && !isSameList(nodes, this.#nodes)) {
        this.#nodes = nodes;
        this.#onNodes(nodes);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#isFailing)
        log.error({ query, reason }, "the list of nodes cannot be resolved: it stays as it was");
      this.#isFailing = true;
    }
    this.#askLater();
  }
}

/** Whether a text names something to ask for: `host:port`, or SRV records. */
export function isDnsQuery(text: string): boolean {
  return isNodeName(text) || isSrvName(text);
}

function isSrvName(text: string): boolean {
  return /^_[A-Za-z0-9-]{1,62}\._(?:tcp|udp)\.[A-Za-z0-9._-]{1,200}$/.test(text);
}

async function resolve({ query, resolver }: DnsSourceOptions): Promise<readonly ListedNode[]> {
  const nodes = isSrvName(query) ? await resolveSrv(query, resolver) : await resolveHost(query, resolver);
  const wrong = nodes.find(({ name }) => !isNodeName(name));
  if (wrong) throw new Error(`'${wrong.name}' is not host:port`);
  if (nodes.length === 0) throw new Error("there is no address");
  return normalList(nodes);
}

/** One family may have no address, or be none that the name server knows. */
async function resolveHost(query: string, resolver: Resolver): Promise<ListedNode[]> {
  const end = query.lastIndexOf(":");
  const [host, port] = [query.slice(0, end), query.slice(end + 1)];
  const families = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const addresses = families.flatMap((family) => (family.status === "fulfilled" ? family.value : []));
  const [failed] = families.filter((family) => family.status === "rejected");
  if (addresses.length === 0 && failed) throw failed.reason;
  return addresses.map((address) => ({
    name: isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`,
    weight: 1,
    isDraining: false,
  }));
}

/**
 * Those of the lowest priority only, since others are for when none of these can be reached (RFC 2782). Their weights are
 * taken relative to each other; a weight of 0 is one that is hardly any.
 */
async function resolveSrv(query: string, resolver: Resolver): Promise<ListedNode[]> {
  const records = await resolver.resolveSrv(query);
  const priority = Math.min(...records.map((record) => record.priority));
  const first = records.filter((record) => record.priority === priority);
  const weights = first.map(({ weight }) => Math.max(weight, 1));
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return first.map(({ name, port }, i) => ({
    name: `${name.replace(/\.$/, "")}:${port}`,
    weight: (weights[i] ?? mean) / mean,
    isDraining: false,
  }));
}
