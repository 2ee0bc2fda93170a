import type { Clock, Timer } from "../../clock/clock.ts";
import type { HubMember } from "./hub.ts";
import { type FromWorker, isFromWorker, type ToWorker, UNSENT_MAX } from "./messages.ts";
import type { SocketHandle } from "./shared-port.ts";

/** What is needed of a child process with a channel; `fork` of `node:child_process` makes one. */
export interface WorkerProcess {
  /** Undefined when it could not be started. */
  readonly pid?: number | undefined;
  send(message: object, handle: SocketHandle | undefined, sent: (error: Error | null) => void): boolean;
  kill(signal: "SIGTERM" | "SIGKILL"): boolean;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  once(event: "exit", listener: (code: number | null, signal: string | null) => void): unknown;
}

export interface WorkerOptions {
  readonly id: string;
  readonly process: WorkerProcess;
  /** Where it listens, by name. */
  readonly sockets: ReadonlyMap<string, SocketHandle>;
  /** It is killed when it is not ready by then. */
  readonly readyWaitMs: number;
  readonly clock: Clock;
  onMessage(worker: Worker, message: FromWorker): void;
}

export type WorkerState = "starting" | "ready" | "draining" | "gone";

/**
 *     starting ─► ready ─► draining ─► gone      from each of them: ─► gone
 *     starting ─────────► draining
 */
const MOVES: Readonly<Record<WorkerState, readonly WorkerState[]>> = {
  starting: ["ready", "draining", "gone"],
  ready: ["draining", "gone"],
  draining: ["gone"],
  gone: [],
};

/** One process that serves. */
export class Worker implements HubMember {
  readonly id: string;
  /** Resolves when it serves; rejects, with a sentence, when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves with a sentence about how it ended. */
  readonly gone: Promise<string>;
  readonly #process: WorkerProcess;
  readonly #clock: Clock;
  readonly #startNs: number;
  #state: WorkerState = "starting";
  #unsent = 0;
  #killTimer: Timer;

  constructor({ id, process, sockets, readyWaitMs, clock, onMessage }: WorkerOptions) {
    this.id = id;
    this.#process = process;
    this.#clock = clock;
    this.#startNs = clock.monotonicNs();
    this.#killTimer = clock.after(readyWaitMs, () => this.kill());

    const gone = Promise.withResolvers<string>();
    const ready = Promise.withResolvers<void>();
    const onEnd = (how: string) => {
      if (this.#state === "gone") return;
      const when = this.#state === "starting" ? " before it was ready" : "";
      const sentence = `worker ${id} ended${when} (${how})`;
      this.#move("gone");
      ready.reject(new Error(sentence));
      gone.resolve(sentence);
    };
    this.gone = gone.promise;
    this.ready = ready.promise;
    // Who does not wait for it to be ready sees that it is gone.
    this.ready.catch(() => {});

    process.once("exit", (code, signal) => onEnd(signal ?? `exit code ${code}`));
    process.on("error", (error) => {
      if (process.pid === undefined) onEnd(error.message);
    });
    process.on("message", (message) => {
      if (!isFromWorker(message) || this.#state === "gone") return;
      if (message.kind !== "ready") {
        onMessage(this, message);
      } else if (this.#state === "starting") {
        this.#move("ready");
        ready.resolve();
      }
    });
    for (const [name, handle] of sockets) this.#write({ kind: "socket", name }, handle);
    this.#write({ kind: "begin", worker: id });
  }

  get state(): WorkerState {
    return this.#state;
  }

  get livedMs(): number {
    return (this.#clock.monotonicNs() - this.#startNs) / 1e6;
  }

  isAnswering(): boolean {
    return this.#state === "ready" || this.#state === "draining";
  }

  /** What is published is dropped while the worker reads nothing. */
  send(message: ToWorker): void {
    if (this.#state === "gone") return;
    if (message.kind === "message" && this.#unsent >= UNSENT_MAX) return;
    this.#write(message);
  }

  /** Asks it to end what it has and nothing new; after `limitMs`, if given, it is killed. */
  drain(limitMs?: number): void {
    if (this.#state === "draining" || this.#state === "gone") return;
    this.#move("draining");
    if (limitMs !== undefined) this.#killTimer = this.#clock.after(limitMs, () => this.kill());
    this.#process.kill("SIGTERM");
  }

  kill(): void {
    if (this.#state !== "gone") this.#process.kill("SIGKILL");
  }

  #write(message: ToWorker, handle?: SocketHandle): void {
    this.#unsent++;
    // One that cannot be told has ended, or will: that shows in its end.
    this.#process.send(message, handle, () => {
      this.#unsent--;
    });
  }

  #move(to: WorkerState): void {
    if (!MOVES[this.#state].includes(to)) throw new Error(`a ${this.#state} worker cannot be ${to}`);
    this.#state = to;
    this.#killTimer.cancel();
  }
}
