import type { Logger } from "pino";
import { type Clock, type Timer, within } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import { Backlog } from "../backlog.ts";
import type { Transport, TransportEvents } from "./transport.ts";

/** What waits for a place that is slow or away; older lines go first. */
export const BACKLOG_BYTES_MAX = 1024 * 1024;

/** How long a place may take to be opened. */
export const OPEN_MS_MAX = 10_000;

/** How long a connection that carries nothing is kept. */
export const IDLE_MS_MAX = 2 * 60_000;

/** Between two attempts: a time anywhere between half of this and this, doubled with each failure in a row. */
const RETRY_MS = 500;
const RETRY_MS_MAX = 30_000;

/** A connection that broke sooner counts as a failure. */
const STEADY_MS = 5000;

export interface DestinationOptions {
  /** As in the app, for the log. */
  readonly url: string;
  readonly open: (events: TransportEvents) => Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** So many lines were lost. */
  readonly onDropped: (count: number) => void;
  /** A line was handed on. */
  readonly onSent: () => void;
  /** It has nothing to do: nothing waits, and no connection is open. */
  readonly onIdle: () => void;
}

/**
 *     idle ──line──► opening ──────► open ──nothing for minutes──► idle
 *                     ▲   │            │
 *                  delay  │ failed     │ broke: with lines left (without: idle)
 *                     │   ▼            │
 *                     waiting ◄────────┘           stopped: from anywhere, for good
 */
type State = "idle" | "opening" | "open" | "waiting" | "stopped";

const MOVES: Readonly<Record<State, readonly State[]>> = {
  idle: ["opening", "stopped"],
  opening: ["open", "waiting", "stopped"],
  open: ["idle", "waiting", "stopped"],
  waiting: ["opening", "stopped"],
  stopped: [],
};

/** One place for log lines: what waits for it, and the connection to it while there is something to send. */
export class SyslogDestination {
  readonly #options: DestinationOptions;
  readonly #backlog = new Backlog<Buffer>(BACKLOG_BYTES_MAX);
  #state: State = "idle";
  #transport: Transport | undefined;
  /** Of the state: until the attempt is given up, is made again, or the connection is closed. */
  #timer: Timer | undefined;
  #isReady = false;
  #openedAtNs = 0;
  #sentAtNs = 0;
  #failures = 0;
  /** The trouble that lasts has been said. */
  #hasComplained = false;
  /** All is sent, or nothing more can be. */
  #onFlushed: (() => void) | undefined;

  constructor(options: DestinationOptions) {
    this.#options = options;
  }

  /** Has a message sent, sooner or later, or lost. */
  offer(message: Buffer): void {
    if (this.#state !== "stopped") this.#backlog.push(message);
    const dropped = this.#state === "stopped" ? 1 : this.#backlog.takeDropped();
    if (dropped > 0) {
      this.#options.onDropped(dropped);
      this.#complain(undefined, "log lines for a syslog server are lost: it does not keep up");
    }
    if (this.#state === "idle") this.#open();
    else if (this.#state === "open") this.#send();
  }

  /** Sends what is left, for so long at most, and closes. Once. */
  async stop(flushMs: number): Promise<void> {
    if (this.#backlog.count > 0 && this.#state !== "waiting") {
      const sent = new Promise<void>((resolve) => {
        this.#onFlushed = resolve;
      });
      await within(this.#options.clock, flushMs, sent);
    }
    const isWhole = this.#backlog.count === 0;
    if (!isWhole) this.#options.onDropped(this.#backlog.count);
    this.#backlog.clear();
    this.#move("stopped");
    if (isWhole) this.#transport?.end();
    else this.#transport?.destroy();
  }

  #open(): void {
    const { clock, open } = this.#options;
    this.#move("opening");
    let transport: Transport | undefined;
    const isMine = () => transport !== undefined && transport === this.#transport;
    transport = open({
      onReady: () => {
        if (isMine()) this.#onReady();
      },
      onClose: (error) => {
        if (isMine()) this.#onClose(error);
      },
    });
    this.#transport = transport;
    this.#timer = clock.after(OPEN_MS_MAX, () => this.#transport?.destroy());
  }

  #onReady(): void {
    if (this.#state === "opening") {
      this.#openedAtNs = this.#options.clock.monotonicNs();
      this.#move("open");
      this.#closeAfter(IDLE_MS_MAX);
    }
    this.#isReady = true;
    if (this.#state === "open") this.#send();
  }

  #send(): void {
    const { clock, onSent } = this.#options;
    while (this.#isReady && this.#transport) {
      const message = this.#backlog.shift();
      if (!message) break;
      this.#isReady = this.#transport.send(message);
      this.#sentAtNs = clock.monotonicNs();
      onSent();
    }
    if (this.#backlog.count > 0) return;
    if (this.#isReady) this.#hasComplained = false;
    this.#onFlushed?.();
  }

  #onClose(error: Error | undefined): void {
    this.#transport = undefined;
    this.#isReady = false;
    const { clock } = this.#options;
    if (this.#state === "open" && clock.monotonicNs() - this.#openedAtNs >= STEADY_MS * 1e6) {
      this.#failures = 0;
    }
    if (this.#state === "open" && this.#backlog.count === 0) this.#rest();
    else if (this.#state !== "stopped") {
      this.#complain(error, "a syslog server cannot be reached; will try again");
      this.#move("waiting");
      this.#timer = clock.after(this.#retryMs(), () => this.#open());
    }
    this.#onFlushed?.();
  }

  #closeAfter(delayMs: number): void {
    const { clock } = this.#options;
    this.#timer = clock.after(delayMs, () => {
      const idleMs = (clock.monotonicNs() - this.#sentAtNs) / 1e6;
      if (idleMs < IDLE_MS_MAX) this.#closeAfter(IDLE_MS_MAX - idleMs);
      // What the connection has not taken for so long, it never will.
      else if (this.#backlog.count > 0) this.#transport?.destroy();
      else this.#close();
    });
  }

  #close(): void {
    const transport = this.#transport;
    this.#transport = undefined;
    this.#isReady = false;
    transport?.end();
    this.#rest();
  }

  #rest(): void {
    this.#move("idle");
    this.#options.onIdle();
  }

  #retryMs(): number {
    const delayMs = Math.min(RETRY_MS * 2 ** this.#failures, RETRY_MS_MAX);
    this.#failures++;
    return delayMs * (0.5 + this.#options.random.next() / 2);
  }

  #complain(error: Error | undefined, sentence: string): void {
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    this.#options.log.warn({ err: error, syslog: this.#options.url }, sentence);
  }

  #move(to: State): void {
    const from = this.#state;
    if (!MOVES[from].includes(to)) throw new Error(`a syslog destination cannot go from ${from} to ${to}`);
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#state = to;
  }
}
