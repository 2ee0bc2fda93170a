import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Logger } from "pino";
import { FnError } from "../../model/errors.ts";
import type { Command } from "../common/func-file.ts";
import { endedWritable, LateReadable, LateWritable } from "../common/late-streams.ts";
import type { Container, Exit } from "../driver.ts";
import type { Spares } from "./spares.ts";

/** Everything a container is made of. */
export interface ContainerParts {
  readonly id: string;
  readonly command: Command;
  /** The working directory. */
  readonly folder: string;
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Undefined when the function talks through its standard streams. */
  readonly socketPath: string | undefined;
}

/**
 *     created ──start──► running ⇄ paused
 *        │                  │         │
 *        └────── remove, or the process ends ──► ended
 */
type State =
  | { readonly name: "created" }
  /** Without a pid the system has refused to start the process, and is about to say why. */
  | { readonly name: "running" | "paused"; readonly pid: number | undefined }
  | { readonly name: "ended"; readonly exit: Exit };

const NEVER_RAN: Exit = { code: undefined, signal: undefined, outOfMemory: false };

/** What the driver has for its containers. */
export interface ContainerHost {
  /** Processes that wait to become a container's. */
  readonly spares: Spares;
  readonly log: Logger;
  /** Lets go of what is held for the container; its processes are gone by then. */
  readonly onRemove: () => Promise<void>;
}

/**
 * A container that is a process group. It ends with its first process, as a container does: whatever that left
 * behind in its group is killed at once. Only a process that leaves the group (`setsid`) outlives it.
 *
 * Its standard streams are unix sockets, as Node makes them: they cannot be opened by name (`/dev/stdout`). It gets
 * no other descriptor of the server, but for one that the server was itself started with under a number above 15:
 * Node marks only the lower ones as not to be inherited.
 */
export class ProcessContainer implements Container {
  readonly id: string;
  readonly socketPath: string | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly logDelayMs = 0;
  readonly exited: Promise<Exit>;

  readonly #parts: ContainerParts;
  readonly #host: ContainerHost;
  readonly #input: LateWritable | undefined;
  readonly #output = new LateReadable();
  readonly #errors = new LateReadable();
  readonly #exit = Promise.withResolvers<Exit>();
  #state: State = { name: "created" };
  #removal: Promise<void> | undefined;

  constructor(parts: ContainerParts, host: ContainerHost) {
    this.id = parts.id;
    this.socketPath = parts.socketPath;
    this.#input = parts.socketPath === undefined ? new LateWritable() : undefined;
    this.stdin = this.#input ?? endedWritable();
    this.stdout = this.#output;
    this.stderr = this.#errors;
    this.exited = this.#exit.promise;
    this.#parts = parts;
    this.#host = host;
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#state.name === "ended") throw startFailed("it was removed before it started");
    if (this.#state.name !== "created") throw this.#illegal("start");
    try {
      const spare = this.#host.spares.start(this.#parts);
      const child = this.#adopt(spare ?? spawnOf(this.#parts));
      if (!spare) await once(child, "spawn");
      if (child.stdin) this.#input?.connect(child.stdin);
      if (child.stdout) this.#output.connect(child.stdout);
      if (child.stderr) this.#errors.connect(child.stderr);
    } catch (cause) {
      this.#end(NEVER_RAN);
      throw startFailed(reasonOf(cause, this.#parts.command[0]), cause);
    }
  }

  async pause(): Promise<void> {
    if (this.#state.name !== "running") throw this.#illegal("pause");
    this.#signal("SIGSTOP");
    this.#state = { name: "paused", pid: this.#state.pid };
  }

  async unpause(): Promise<void> {
    if (this.#state.name !== "paused") throw this.#illegal("unpause");
    this.#signal("SIGCONT");
    this.#state = { name: "running", pid: this.#state.pid };
  }

  remove(): Promise<void> {
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  /** Ends it at once and cleans nothing up: for when there is no time left. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  async #remove(): Promise<void> {
    if (this.#state.name === "created") this.#end(NEVER_RAN);
    else this.#signal("SIGKILL");
    await this.exited;
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.destroy();
    try {
      await this.#host.onRemove();
    } catch (error) {
      this.#host.log.warn({ error, container: this.id }, "cannot remove the container's directory");
    }
  }

  #adopt(child: ChildProcess): ChildProcess {
    this.#state = { name: "running", pid: child.pid };
    // Not "close", which waits for everybody who holds the streams.
    child.once("exit", (code, signal) => {
      this.#signal("SIGKILL");
      // Whether memory was the reason, only the kernel knows.
      this.#end({ code: code ?? undefined, signal: signal ?? undefined, outOfMemory: false });
    });
    return child;
  }

  #end(exit: Exit): void {
    if (this.#state.name === "ended") return;
    this.#state = { name: "ended", exit };
    this.#exit.resolve(exit);
  }

  /**
   * To the whole group. Once the container has ended nothing is sent any more: the group is empty then, and its
   * number may be another's.
   */
  #signal(signal: NodeJS.Signals): void {
    if (this.#state.name === "created" || this.#state.name === "ended") return;
    if (this.#state.pid === undefined) return;
    try {
      process.kill(-this.#state.pid, signal);
    } catch (error) {
      const isGone = error instanceof Error && "code" in error && error.code === "ESRCH";
      if (!isGone) this.#host.log.error({ error, container: this.id, signal }, "cannot signal the container");
    }
  }

  /** A container may end at any moment, so that much is nobody's mistake. */
  #illegal(move: string): Error {
    if (this.#state.name === "ended") {
      const { code, signal } = this.#state.exit;
      return new FnError("container_exited", { exit: code ?? signal ?? "unknown" });
    }
    return new Error(`container ${this.id} cannot ${move}: it is ${this.#state.name}`);
  }
}

/** Throws what no process can be started with, for instance a zero byte in a variable. */
function spawnOf({ command, folder, env, socketPath }: ContainerParts): ChildProcess {
  const [program, ...args] = command;
  return spawn(program, args, {
    cwd: folder,
    env,
    // A session, and so a process group, of its own.
    detached: true,
    stdio: [socketPath === undefined ? "pipe" : "ignore", "pipe", "pipe"],
  });
}

function startFailed(hint: string, cause?: unknown): FnError {
  return new FnError("container_start_failed", {}, { hint, cause });
}

function reasonOf(error: unknown, program: string): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") {
    return `the entrypoint '${program}' was not found; give a path that starts with ./, or a program in PATH`;
  }
  if (code === "EACCES") return `the entrypoint '${program}' may not be executed; make it executable`;
  return `the entrypoint '${program}' cannot be started: ${error instanceof Error ? error.message : error}`;
}
