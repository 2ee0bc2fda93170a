import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A program that does not stop within this is killed. */
const STOP_MS = 10_000;

/** Between two looks whether a program listens. */
const LISTEN_LOOK_MS = 20;

/** Debian keeps servers where only the administrator's shell looks. */
const SEARCH_PATH = `${process.env.PATH ?? ""}:/usr/sbin`;

/** Ends a program with the one that started it, though it does not know Node's channel. Source: setpriv(1). */
const ENDS_WITH_PARENT = ["setpriv", "--pdeathsig", "TERM"] as const;

/** A command line. */
export type Command = readonly [program: string, ...args: string[]];

/** A program that runs. */
export interface Program {
  readonly pid: number;
  /** The first message it sent: its word that it can be used. */
  readonly message: unknown;
  /** All it has written to stdout and stderr. */
  said(): string;
}

/** The programs of one run of a benchmark, with a folder for their files. All go when it is closed. */
export class Programs {
  /** Short, since sockets live below it. */
  readonly dir = mkdtempSync(join(tmpdir(), "hotfn-bench-"));
  /** No other run has the same. */
  readonly name = basename(this.dir);
  readonly #cleanups: (() => Promise<unknown>)[] = [];
  /** With what resolves when the program has ended. */
  readonly #running = new Map<ChildProcess, Promise<unknown>>();
  #isClosed = false;

  /** Starts a program and waits for its first message. Throws with what it said when it ends before. */
  async start(command: Command, env: Readonly<Record<string, string>> = {}): Promise<Program> {
    return await this.#start(command, env, async (child) => (await once(child, "message"))[0]);
  }

  /** Starts a program of others, which sends no message, and waits until it listens on this port of loopback. */
  async startOnPort(command: Command, port: number): Promise<Program> {
    return await this.#start([...ENDS_WITH_PARENT, ...command], {}, (_child, signal) =>
      untilListening(port, signal),
    );
  }

  /** Runs a program to its end and gives what it wrote. Throws with that when it fails. */
  async run(command: Command): Promise<string> {
    const { said, ended } = this.#spawn(command, {});
    const code = await ended;
    if (code === 0) return said();
    throw new Error(`${command.join(" ")} ended with ${code}: ${said()}`);
  }

  /** For what does not end with a program: `cleanup` runs when all of them have ended. */
  onClose(cleanup: () => Promise<unknown>): void {
    this.#cleanups.push(cleanup);
  }

  /** Ends all that still runs, and starts nothing any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#running].map(([child, ended]) => stop(child, ended)));
    try {
      for (const cleanup of this.#cleanups) await cleanup();
    } finally {
      rmSync(this.dir, { recursive: true, force: true });
    }
  }

  async #start(
    command: Command,
    env: Readonly<Record<string, string>>,
    isReady: (child: ChildProcess, signal: AbortSignal) => Promise<unknown>,
  ): Promise<Program> {
    const { child, said, ended } = this.#spawn(command, env);
    const waiting = new AbortController();
    const early = ended.then((code) => {
      waiting.abort();
      throw new Error(`${command.join(" ")} ended with ${code} before it was ready: ${said()}`);
    });
    const message = await Promise.race([isReady(child, waiting.signal), early]);
    // From now on it may end whenever it wants to: that shows in failed calls.
    early.catch(() => {});
    return { pid: child.pid ?? 0, message, said };
  }

  #spawn([program, ...args]: Command, env: Readonly<Record<string, string>>) {
    if (this.#isClosed) throw new Error("the benchmark has ended");
    const child = spawn(program, args, {
      env: { ...process.env, PATH: SEARCH_PATH, ...env },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // A process group of its own: Ctrl-C reaches only the benchmark, which then ends its programs in order. Should
      // it be killed, they see the channel close.
      detached: true,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (part) => {
        output += part;
      });
    }
    const ended = once(child, "close").then(([code, signal]) => code ?? signal);
    // A program that could not be started has ended, too.
    const over = ended.catch(() => {}).then(() => this.#running.delete(child));
    this.#running.set(child, over);
    return { child, said: () => output, ended };
  }
}

/** Throws with the package to install, on Debian and Ubuntu, when a program that a benchmark needs is missing. */
export function requireProgram([program, ...args]: Command, packageName: string): void {
  if (isInstalled([program, ...args])) return;
  throw new Error(`${program} is not installed. On Debian and Ubuntu: apt-get install ${packageName}`);
}

/** Whether a program is there, whatever it says to its arguments. */
export function isInstalled([program, ...args]: Command): boolean {
  return spawnSync(program, args, { env: { ...process.env, PATH: SEARCH_PATH } }).error === undefined;
}

async function untilListening(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await isListening(port))) await sleep(LISTEN_LOOK_MS);
}

function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  }).finally(() => socket.destroy());
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill("SIGTERM");
  const kill = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(kill);
}
