import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Clock, Timer } from "../../clock/clock.ts";
import type { ContainerParts } from "./container.ts";
import { shellScript } from "./shell-script.ts";

/** As many as one burst may take: each holds some 150 KiB, and three sockets of the server. */
export const SPARES_MAX = 40;

/** Nothing is forked while containers are being started: callers wait for those, and nobody for a spare. */
export const QUIET_MS = 250;

/** Between two forks: a server that makes spares goes on serving. */
export const FORK_GAP_MS = 20;

/**
 * Processes that were forked ahead of time, each a shell that waits for its script and becomes what that says. To fork
 * a server, with 150 MB of memory to be mapped once more, takes two thirds of all that a start costs it, and nothing
 * else is done meanwhile. Where many containers are wanted at once, it is done already.
 *
 * A spare is a child of the server like any other, and leads a session of its own; it keeps its pid and its streams
 * when it becomes a function. When the server is gone, whatever the reason, the end of its input ends it.
 */
export class Spares {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #waiting = new Set<ChildProcess>();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
    this.#fillUp();
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Starts a container in one of them. Undefined when none waits, or when this is nothing that a shell can start. */
  start(parts: ContainerParts): ChildProcess | undefined {
    this.#fillUp();
    const [spare] = this.#waiting;
    if (!spare) return undefined;
    const script = shellScript(parts);
    if (script === undefined) return undefined;
    this.#waiting.delete(spare);
    spare.stdin?.end(script);
    return spare;
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await Promise.all(
      [...this.#waiting].map((spare) => {
        spare.kill("SIGKILL");
        return once(spare, "exit");
      }),
    );
  }

  /** Once it is quiet. */
  #fillUp(): void {
    this.#timer?.cancel();
    if (this.#isClosed) return;
    this.#timer = this.#clock.after(QUIET_MS, () => this.#fork(this.#max - this.#waiting.size));
  }

  /** One now, and the others a moment later each; none after one that failed, before the next start. */
  #fork(count: number): void {
    if (count <= 0) return;
    const spare = spawnShell();
    if (!spare) return;
    this.#waiting.add(spare);
    // Somebody may end it. Containers start without one, too.
    spare.once("exit", () => this.#waiting.delete(spare));
    this.#timer = this.#clock.after(FORK_GAP_MS, () => this.#fork(count - 1));
  }
}

function spawnShell(): ChildProcess | undefined {
  try {
    const shell = spawn("/bin/sh", [], {
      cwd: "/",
      // Where the shell finds `env`. Of the server's own it gets nothing.
      env: { PATH: "/usr/bin:/bin", NODE_V8_COVERAGE: undefined },
      detached: true,
      stdio: "pipe",
    });
    shell.on("error", ignore);
    shell.stdin.on("error", ignore);
    return shell.pid === undefined ? undefined : shell;
  } catch {
    // The system has no room for a process now. What must start will tell.
    return undefined;
  }
}

function ignore(): void {}
