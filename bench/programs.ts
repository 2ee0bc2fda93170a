import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** A program that does not stop within this is killed. */
const STOP_MS = 10_000;

/** A command line. */
export type Command = readonly [program: string, ...args: string[]];

/** A program that runs. */
export interface Program {
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
    const { child, said, ended } = this.#spawn(command, env);
    const early = ended.then((code) => {
      throw new Error(`${command.join(" ")} ended with ${code} before it was ready: ${said()}`);
    });
    const [message] = await Promise.race([once(child, "message"), early]);
    // From now on it may end whenever it wants to: that shows in failed calls.
    early.catch(() => {});
    return { message, said };
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

  #spawn([program, ...args]: Command, env: Readonly<Record<string, string>>) {
    if (this.#isClosed) throw new Error("the benchmark has ended");
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
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
  if (!spawnSync(program, args).error) return;
  throw new Error(`${program} is not installed. On Debian and Ubuntu: apt-get install ${packageName}`);
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill("SIGTERM");
  const kill = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(kill);
}
