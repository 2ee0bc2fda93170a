import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { CommandError, type Environment } from "../common/io.ts";
import { Child, type ChildOptions } from "./child.ts";

export const DRIVERS = ["auto", "process", "docker"] as const;

export interface ClusterOptions {
  readonly nodeCount: number;
  /** Callers talk to a balancer; else there is one node, which they talk to. */
  readonly hasBalancer: boolean;
  /** What callers talk to listens here; nodes behind a balancer listen on the ports after it. 0 for any that are free. */
  readonly port: number;
  /** Absent: what the environment says, or what a node takes by itself. */
  readonly driver?: (typeof DRIVERS)[number] | undefined;
  /** For the database and the logs. */
  readonly dataDir: string;
  /** Below it lie the folders that are functions. */
  readonly functionsRoot: string;
  readonly logLevel?: string | undefined;
  /** Of the programs; what is set here about the database and the memory wins over what is usual. */
  readonly env: Environment;
}

/** One of the programs, as those who look at it need it. */
export interface Member {
  readonly title: string;
  /** `host:port` */
  readonly address: string;
  readonly pid: number;
}

/** It listens on loopback: on a machine for itself, who gets there may manage it. */
const HOST = "127.0.0.1";

const BALANCER = "balancer";

/** What nodes that share a machine take of its memory, all together; the rest is for themselves and for others. */
const MEMORY_SHARE = 0.9;

/** Nodes that share one database, and a balancer in front of them where there is one: processes that end with this one. */
export class Cluster {
  readonly options: ClusterOptions;
  /** Rejects when nothing is left to do: without the balancer, or without any node. Never resolves. */
  readonly failed: Promise<never>;
  readonly #running = new Set<Child>();
  readonly #note: (line: string) => void;
  readonly #fail: (error: Error) => void;
  #nodes: readonly Member[] = [];
  #balancer: Member | undefined;
  #isStopping = false;

  /** `note` is told of nodes that end by themselves. */
  constructor(options: ClusterOptions, note: (line: string) => void) {
    const { promise, reject } = Promise.withResolvers<never>();
    // Who does not look at it learns nothing from its rejection.
    promise.catch(() => {});
    this.options = options;
    this.failed = promise;
    this.#fail = reject;
    this.#note = note;
  }

  get nodes(): readonly Member[] {
    return this.#nodes;
  }

  get balancer(): Member | undefined {
    return this.#balancer;
  }

  /** What callers talk to: `host:port`. */
  get address(): string {
    return (this.#balancer ?? this.#nodes[0])?.address ?? "";
  }

  /** Resolves when all of it is ready; rejects with a sentence when one part cannot be. */
  async start(): Promise<void> {
    const { dataDir, functionsRoot, nodeCount, hasBalancer } = this.options;
    for (const folder of [dataDir, functionsRoot]) makeFolder(folder);
    this.#nodes = await Promise.all(Array.from({ length: nodeCount }, (_, i) => this.#startNode(i)));
    if (hasBalancer) this.#balancer = await this.#startBalancer();
    for (const child of this.#running) void child.ended.then((sentence) => this.#onEnd(child, sentence));
  }

  /** Lets calls that run come to their end; a second time, ends everything at once. Resolves when all have ended. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#running].map((child) => child.stop()));
  }

  #startNode(index: number): Promise<Member> {
    const { port, hasBalancer, driver, dataDir, functionsRoot, env } = this.options;
    const nodePort = port === 0 || !hasBalancer ? port : port + 1 + index;
    const place = ["-host", HOST, "-port", String(nodePort), "-functions-root", functionsRoot];
    return this.#startMember({
      // The port tells them apart, unless it is not known yet.
      title: `node ${port === 0 ? index + 1 : nodePort}`,
      program: "fnserver",
      args: driver === undefined ? place : [...place, "-driver", driver],
      env: {
        ...env,
        FN_DB_URL: env.FN_DB_URL ?? `sqlite3://${join(dataDir, "fn.db")}`,
        FN_MAX_TOTAL_MEMORY_BYTES: env.FN_MAX_TOTAL_MEMORY_BYTES ?? this.#memoryPerNode(),
      },
    });
  }

  #startBalancer(): Promise<Member> {
    const listen = `${HOST}:${this.options.port}`;
    const nodes = this.#nodes.map(({ address }) => address).join(",");
    return this.#startMember({
      title: BALANCER,
      program: "fnlb",
      args: ["-nodes", nodes, "-listen", listen, "-mgmt-listen", listen],
      env: this.options.env,
    });
  }

  async #startMember({ args, ...options }: Omit<ChildOptions, "logFile">): Promise<Member> {
    if (this.#isStopping) throw new Error("stopped before it was ready");
    const { logLevel, dataDir } = this.options;
    const child = new Child({
      ...options,
      args: logLevel === undefined ? args : [...args, "-log-level", logLevel],
      logFile: join(dataDir, `${options.title.replace(" ", "-")}.log`),
    });
    this.#running.add(child);
    const port = await child.readyPort();
    return { title: child.title, address: `${HOST}:${port}`, pid: child.pid ?? 0 };
  }

  /** Several share one machine, so each gets its part; one finds out for itself what there is. */
  #memoryPerNode(): string | undefined {
    const { nodeCount } = this.options;
    if (nodeCount === 1) return undefined;
    return String(Math.floor((process.availableMemory() * MEMORY_SHARE) / nodeCount));
  }

  /** A node that ends leaves its calls to the others. */
  #onEnd(child: Child, sentence: string): void {
    if (this.#isStopping) return;
    this.#running.delete(child);
    const nodesLeft = [...this.#running].filter(({ title }) => title !== BALANCER).length;
    if (child.title === BALANCER || nodesLeft === 0) {
      this.#fail(new Error(sentence));
    } else {
      this.#note(sentence);
      this.#note(`going on with ${nodesLeft} of ${this.options.nodeCount} nodes`);
    }
  }
}

/** For its owner alone: there are calls and logs in it. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CommandError(`${path} cannot be made: ${error instanceof Error ? error.message : error}`);
  }
}
