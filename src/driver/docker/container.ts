import type { Readable, Writable } from "node:stream";
import type Docker from "dockerode";
import type { Logger } from "pino";
import { within } from "../../clock/clock.ts";
import { orAborted } from "../../clock/or-aborted.ts";
import { FnError } from "../../model/errors.ts";
import { endedWritable, LateReadable, LateWritable } from "../common/late-streams.ts";
import type { Container, Exit } from "../driver.ts";
import { type Attachment, attach, detach } from "./attach.ts";
import { reasonOf } from "./engine.ts";
import { REMOVED, waitForExit } from "./exit.ts";
import type { Backoff } from "./retry.ts";

/** Everything a container is made of. */
export interface ContainerParts {
  readonly id: string;
  readonly engine: Docker;
  /** As this process sees it; undefined when the function talks through its standard streams. */
  readonly socketPath: string | undefined;
  readonly backoff: Backoff;
  readonly log: Logger;
  /**
   * Makes it anew in the engine when this error, of its start, says that what it stood on is gone; false when that is
   * not the reason, or it has been removed. Rejects when it cannot be made.
   */
  recreate(cause: unknown): Promise<boolean>;
  /** Takes the container away from the engine, and lets go of what the owner holds for it. Never rejects. */
  remove(): Promise<void>;
}

/**
 *     created ──start──► starting ──► running ⇄ paused
 *        │                   │           │        │
 *        └──── remove, a failed start, or the function ends ──► ended
 */
type State = "created" | "starting" | "running" | "paused" | "ended";

const NEVER_RAN: Exit = { code: undefined, signal: undefined, outOfMemory: false };

/** The engine knows of a function's end some milliseconds after its output has ended; a busy engine takes longer. */
const EXIT_WAIT_MS = 5_000;

/** A container of a Docker engine. */
export class DockerContainer implements Container {
  readonly id: string;
  readonly socketPath: string | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<Exit>;

  readonly #parts: ContainerParts;
  readonly #container: Docker.Container;
  readonly #input: LateWritable | undefined;
  readonly #output = new LateReadable();
  readonly #errors = new LateReadable();
  readonly #exit = Promise.withResolvers<Exit>();
  /** Aborted when the container has ended: nobody needs to wait for that any more. */
  readonly #ended = new AbortController();
  #state: State = "created";
  #knownExit: Exit | undefined;
  #removal: Promise<void> | undefined;

  constructor(parts: ContainerParts) {
    this.id = parts.id;
    this.socketPath = parts.socketPath;
    this.#input = parts.socketPath === undefined ? new LateWritable() : undefined;
    this.stdin = this.#input ?? endedWritable();
    this.stdout = this.#output;
    this.stderr = this.#errors;
    this.exited = this.#exit.promise;
    this.#parts = parts;
    this.#container = parts.engine.getContainer(parts.id);
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#state === "ended") throw startFailed("it was removed before it started");
    if (this.#state !== "created") throw this.#illegal("start");
    this.#state = "starting";
    try {
      await this.#startAttached(signal);
    } catch (cause) {
      this.#end(NEVER_RAN);
      signal.throwIfAborted();
      if (this.#removal) throw startFailed("it was removed while it started", cause);
      throw cause instanceof FnError ? cause : startFailed(reasonOf(cause), cause);
    }
    if (this.#removal) throw startFailed("it was removed while it started");
    this.#state = "running";
    void this.#watch();
  }

  async pause(): Promise<void> {
    if (this.#state !== "running") throw this.#illegal("pause");
    await this.#ask("pause");
    if (this.#state === "running") this.#state = "paused";
  }

  async unpause(): Promise<void> {
    if (this.#state !== "paused") throw this.#illegal("unpause");
    await this.#ask("unpause");
    if (this.#state === "paused") this.#state = "running";
  }

  remove(): Promise<void> {
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  async #remove(): Promise<void> {
    const hasRun = this.#state !== "created";
    // First, since an engine does not get rid of a container as long as somebody may still read what it wrote.
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.destroy();
    await this.#parts.remove();
    this.#end(hasRun ? REMOVED : NEVER_RAN);
  }

  async #startAttached(signal: AbortSignal, isAgain = false): Promise<void> {
    const streams = await attach(this.#container, this.#input !== undefined, signal);
    let isRecreated = false;
    try {
      await this.#container.start({ abortSignal: signal });
    } catch (cause) {
      isRecreated = !isAgain && (await this.#parts.recreate(cause));
      if (!isRecreated) throw cause;
    } finally {
      if (isRecreated) detach(streams);
      else this.#connect(streams);
    }
    if (isRecreated) await this.#startAttached(signal, true);
  }

  #connect({ stdin, stdout, stderr }: Attachment): void {
    if (stdin) {
      this.#input?.connect(stdin);
      stdout.once("close", () => void this.#onOutputClosed());
    }
    this.#output.connect(stdout);
    this.#errors.connect(stderr);
  }

  async #watch(): Promise<void> {
    const { engine, backoff } = this.#parts;
    try {
      const exit = await waitForExit(engine, this.id, backoff, this.#ended.signal);
      // While it is removed, it is the removal that ends it.
      if (!this.#removal) this.#end(exit);
    } catch {
      // It has ended some other way.
    }
  }

  /**
   * The input goes over the same connection, and an engine closes a function's input for good when that breaks: so
   * this is the end, or as good as that.
   */
  async #onOutputClosed(): Promise<void> {
    const exit = await within(this.#parts.backoff.clock, EXIT_WAIT_MS, this.exited);
    if (exit || this.#state === "starting") return;
    this.#parts.log.warn({ container: this.id }, "lost the streams of a running container, so it is removed");
    await this.remove();
  }

  async #ask(move: "pause" | "unpause"): Promise<void> {
    try {
      await orAborted(this.#container[move](), this.#ended.signal);
    } catch (cause) {
      if (this.#state === "ended") throw this.#illegal(move);
      throw new FnError("internal", {}, { hint: `cannot ${move} the container: ${reasonOf(cause)}`, cause });
    }
  }

  #end(exit: Exit): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#knownExit = exit;
    this.#ended.abort();
    // What it wrote can still be read; nobody reads what is written to it.
    this.stdin.destroy();
    this.#exit.resolve(exit);
  }

  /** A container may end at any moment, so that much is nobody's mistake. */
  #illegal(move: string): Error {
    if (this.#state === "ended") {
      const { code, signal } = this.#knownExit ?? NEVER_RAN;
      return new FnError("container_exited", { exit: code ?? signal ?? "unknown" });
    }
    return new Error(`container ${this.id} cannot ${move}: it is ${this.#state}`);
  }
}

function startFailed(hint: string, cause?: unknown): FnError {
  return new FnError("container_start_failed", {}, { hint, cause });
}
