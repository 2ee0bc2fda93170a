/** The programs of a benchmark: the node, and the bare relays. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Stage } from "./bench.ts";
import { removeContainers } from "./engine.ts";
import type { Program, Programs } from "./programs.ts";

export const projectRoot = fileURLToPath(new URL("..", import.meta.url));

/** All routes are in one app. */
const APP = "bench";

/** Between two looks at a node's metrics. */
const LOOK_MS = 50;

/** A node under test. */
export class BenchNode {
  readonly url: string;
  readonly #program: Program;

  constructor(program: Program) {
    this.url = loopbackUrl(program);
    this.#program = program;
  }

  /** Records of calls that the store was too slow for: the node then did less than it should. */
  get recordsDropped(): number {
    return Number([...this.#program.said().matchAll(/"dropped":(\d+)/g)].at(-1)?.[1] ?? 0);
  }

  /** Creates a route and gives its URL. */
  async createRoute(
    path: string,
    image: string,
    settings: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const body = JSON.stringify({ route: { path, image, idle_timeout: 600, ...settings } });
    const answer = await fetch(`${this.url}/v1/apps/${APP}/routes`, { method: "POST", body });
    if (!answer.ok) throw new Error(`no route ${path}: ${await answer.text()}`);
    return `${this.url}/r/${APP}${path}`;
  }

  /** Resolves when all calls are recorded: the node then does nothing that would slow down the other side. */
  async settle(): Promise<void> {
    const answer = await fetch(`${this.url}/v1/apps/${APP}/calls?per_page=1`);
    if (!answer.ok) throw new Error(`the calls cannot be listed: ${await answer.text()}`);
  }

  /** How many containers it has, in whatever state. */
  async countContainers(): Promise<number> {
    const metrics = await (await fetch(`${this.url}/metrics`)).text();
    const counts = [...metrics.matchAll(/^fn_containers\{.*\} (\d+)$/gm)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** Resolves when it has no more containers than this. */
  async containersFall(to: number): Promise<void> {
    while ((await this.countContainers()) > to) await sleep(LOOK_MS);
  }
}

export interface NodeSettings {
  /** Where `dir:` images lie. */
  readonly functionsRoot: string;
  /** For its containers in all; what the machine has unless told. */
  readonly memoryBytes?: number;
  /** An SQLite file of its own unless told. */
  readonly dbUrl?: string;
  /** Settings beyond these. */
  readonly args?: readonly string[];
}

let nodesStarted = 0;

/** Starts a node with an empty database. */
export async function startNode({ programs, driver }: Stage, settings: NodeSettings): Promise<BenchNode> {
  if (driver === "docker") programs.onClose(() => removeContainers(programs));
  const number = ++nodesStarted;
  const {
    functionsRoot,
    memoryBytes = 0,
    dbUrl = `sqlite3://${join(programs.dir, `fn-${number}.db`)}`,
  } = settings;
  const program = await programs.start([
    join(projectRoot, "bin/fnserver"),
    ...["-host", "127.0.0.1", "-port", "0", "-driver", driver, "-node-name", programs.name],
    ...["-functions-root", functionsRoot, "-memory", String(memoryBytes)],
    ...["-db", dbUrl, "-iofs-path", join(programs.dir, `io-${number}`)],
    ...["-log-level", "error", ...(settings.args ?? [])],
  ]);
  return new BenchNode(program);
}

/** Starts a bare relay of `peers/`, and gives its URL. */
export async function startRelay(
  programs: Programs,
  name: "relay" | "stdio-relay",
  args: readonly string[],
): Promise<string> {
  const file = join(projectRoot, "bench/peers", `${name}.ts`);
  return loopbackUrl(await programs.start([process.execPath, file, ...args]));
}

function loopbackUrl({ message }: Program): string {
  // The programs of this project, and the relays, tell their port so.
  const { readyOnPort } = message as { readonly readyOnPort: number };
  return `http://127.0.0.1:${readyOnPort}`;
}
