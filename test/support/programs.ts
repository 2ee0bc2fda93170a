/** Whole programs as child processes: started on free ports, heard until they are ready, ended with the test. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

/** Who starts something undoes it: a test, with `t`, or a suite. In the order of the calls. */
export interface Owner {
  after(undo: () => void | Promise<void>): void;
}

export interface Program {
  readonly child: ChildProcess;
  /** All it has written to stdout and stderr. */
  output(): string;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** A program that does not stop within this is killed when its test ends. */
const STOP_MS = 10_000;

/** Starts `src/main/NAME.ts`, and stops it when the test ends: killed, it would leave its functions. */
export function startProgram(
  t: Owner,
  name: string,
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly ipc?: boolean } = {},
): Program {
  const child = spawn(process.execPath, [join(projectRoot, "src/main", `${name}.ts`), ...args], {
    cwd: projectRoot,
    env: { PATH: process.env.PATH, ...options.env },
    stdio: options.ipc === false ? ["ignore", "pipe", "pipe"] : ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (part) => {
      output += part;
    });
  }
  const ended = once(child, "close").then(([code, signal]) => code ?? signal);
  t.after(async () => {
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(kill);
  });
  return { child, output: () => output, ended };
}

/** Waits for the program's own word that it can be used, and gives its port. */
export async function ready(program: Program): Promise<number> {
  const message = once(program.child, "message").then(([{ readyOnPort }]) => readyOnPort as number);
  const end = program.ended.then((code) =>
    assert.fail(`ended with ${code} before it was ready: ${program.output()}`),
  );
  return await Promise.race([message, end]);
}

/** Resolves when the program has written this. */
export async function written(program: Program, text: string): Promise<void> {
  let hasEnded = false;
  const end = program.ended.then(() => {
    hasEnded = true;
  });
  while (!program.output().includes(text)) {
    if (hasEnded) assert.fail(`ended before '${text}': ${program.output()}`);
    const more = [program.child.stdout, program.child.stderr].map((stream) => stream && once(stream, "data"));
    await Promise.race([...more, end]);
  }
}

export interface NodeRig {
  readonly program: Program;
  readonly url: string;
  /** The node's database and work folders. */
  readonly dir: string;
}

/** One node with an empty database, whose functions are those of `test/functions`. */
export async function startNode(
  t: Owner,
  options: {
    readonly args?: readonly string[];
    readonly dir?: string;
    readonly env?: Record<string, string>;
  } = {},
): Promise<NodeRig> {
  const dir = options.dir ?? tempDir(t);
  const args = ["-port", "0", "-db", `sqlite3://${join(dir, "fn.db")}`, "-iofs-path", join(dir, "io")];
  const root = ["-functions-root", projectRoot, "-driver", "process"];
  const { env = {} } = options;
  const program = startProgram(t, "fnserver", [...args, ...root, ...(options.args ?? [])], { env });
  return { program, url: `http://127.0.0.1:${await ready(program)}`, dir };
}

/** A folder that goes with the test. Short, since sockets live below it. */
export function tempDir(t: Owner): string {
  const dir = mkdtempSync(join(tmpdir(), "hotfn-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Creates a route in app `t` for a function of `test/functions`. */
export async function createRoute(
  { url }: NodeRig,
  path: string,
  folder: string,
  settings: Record<string, unknown> = {},
): Promise<void> {
  const route = { path, image: `dir:test/functions/${folder}`, ...settings };
  const answer = await fetch(`${url}/v1/apps/t/routes`, { method: "POST", body: JSON.stringify({ route }) });
  assert.equal(answer.status, 200, await answer.text());
}

/** `count` ports in a row, of which nobody listened on any a moment ago. */
export async function freePorts(count: number): Promise<number> {
  for (let first = 20_000 + (process.pid % 1000) * 10; first < 60_000; first += count) {
    const isFree = await Promise.all(Array.from({ length: count }, (_, i) => isFreePort(first + i)));
    if (isFree.every(Boolean)) return first;
  }
  return assert.fail("no free ports");
}

function isFreePort(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Processes whose command line or environment holds this text, by pid. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(
      (pid) => read(`/proc/${pid}/cmdline`).includes(text) || read(`/proc/${pid}/environ`).includes(text),
    )
    .map(Number);
}

/** Asks until the answer is yes; for what no event tells, such as the process table. */
export async function eventually(
  isSo: () => boolean | Promise<boolean>,
  what: string,
  waitMs = 10_000,
): Promise<void> {
  const endMs = performance.now() + waitMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) assert.fail(`still not so after ${waitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
