/** The parts of a benchmark, each a program of its own: the node, a function without a node, and the bare relay. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Program, Programs } from "./programs.ts";

const projectRoot = fileURLToPath(new URL("..", import.meta.url));

/** A function of `bench/functions`. */
export type FunctionName = "echo" | "sleep";

/** All routes are in one app. */
const APP = "bench";

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
    name: FunctionName,
    settings: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const route = { path, image: `dir:bench/functions/${name}`, idle_timeout: 600, ...settings };
    const body = JSON.stringify({ route });
    const answer = await fetch(`${this.url}/v1/apps/${APP}/routes`, { method: "POST", body });
    if (!answer.ok) throw new Error(`no route ${path}: ${await answer.text()}`);
    return `${this.url}/r/${APP}${path}`;
  }

  /** Resolves when all calls are recorded: the node then does nothing that would slow down the other side. */
  async settle(): Promise<void> {
    const answer = await fetch(`${this.url}/v1/apps/${APP}/calls?per_page=1`);
    if (!answer.ok) throw new Error(`the calls cannot be listed: ${await answer.text()}`);
  }
}

/** Starts a node with the process driver and an empty database. */
export async function startNode(programs: Programs, args: readonly string[] = []): Promise<BenchNode> {
  const program = await programs.start([
    join(projectRoot, "bin/fnserver"),
    ...["-port", "0", "-driver", "process", "-functions-root", projectRoot, "-log-level", "error"],
    ...["-db", `sqlite3://${join(programs.dir, "fn.db")}`, "-iofs-path", join(programs.dir, "io")],
    ...args,
  ]);
  return new BenchNode(program);
}

/** Starts a function without a node, and gives the socket where it listens. */
export async function startFunction(programs: Programs, name: FunctionName): Promise<string> {
  const socketPath = join(mkdtempSync(join(programs.dir, "fn-")), "lsnr.sock");
  const file = join(projectRoot, "bench/functions", name, "func.ts");
  await programs.start([process.execPath, file], {
    FN_LISTENER: `unix:${socketPath}`,
    FN_FORMAT: "http-stream",
  });
  return socketPath;
}

/** Starts a bare relay to a function, and gives its URL. */
export async function startRelay(programs: Programs, socketPath: string): Promise<string> {
  const file = join(projectRoot, "bench/peers/relay.ts");
  return loopbackUrl(await programs.start([process.execPath, file, socketPath]));
}

function loopbackUrl({ message }: Program): string {
  // The programs of this project, and the relay, tell their port so.
  const { readyOnPort } = message as { readonly readyOnPort: number };
  return `http://127.0.0.1:${readyOnPort}`;
}
