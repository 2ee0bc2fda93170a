import { Readable } from "node:stream";
import { Backlog } from "../../agent/backlog.ts";
import type { Clock, Timer } from "../../clock/clock.ts";
import { encodeEvent, encodeRetry, HEARTBEAT } from "../../http1/server-sent-events.ts";

/** What waits for a reader that is slow, in characters: twice the longest log of a call. Older events go first. */
const BACKLOG_CHARS_MAX = 2 * 1024 * 1024;

/** Proxies take a connection for dead that is silent for half a minute or more. */
export const HEARTBEAT_MS = 15_000;

/** How long a browser waits before it comes back. */
const RETRY_MS = 2000;

/** Logs as server-sent events, on their way to one reader. Events that the reader is too slow for are lost, and counted. */
export class LogStream extends Readable {
  readonly #clock: Clock;
  readonly #onClosed: () => void;
  readonly #backlog = new Backlog<string>(BACKLOG_CHARS_MAX);
  #heartbeat: Timer;
  #isWanted = false;
  #isFinished = false;

  /** `onClosed` is told once: the reader has left, or has got all. */
  constructor(clock: Clock, onClosed: () => void) {
    super();
    this.#clock = clock;
    this.#onClosed = onClosed;
    this.#heartbeat = this.#beatLater();
    // At once, so that the reader knows that it is followed.
    this.push(encodeRetry(RETRY_MS) + HEARTBEAT);
  }

  /** Tells the reader, now or when it has taken what was sent before. */
  tell(event: string, data: unknown): void {
    if (this.#isFinished) return;
    this.#backlog.push(encodeEvent({ event, data }));
    this.#flush();
  }

  /** The last event, for which nothing is lost. */
  finish(event: string, data: unknown): void {
    if (this.#isFinished) return;
    this.#backlog.pushKept(encodeEvent({ event, data }));
    this.#isFinished = true;
    this.#flush();
  }

  /** Ends now; breaks off, where the reader has not taken what it was sent. */
  stop(): void {
    this.#isFinished = true;
    this.#backlog.clear();
    if (this.#hasReaderTakenAll()) this.#flush();
    else this.destroy();
  }

  override _read(): void {
    this.#isWanted = true;
    this.#flush();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#isFinished = true;
    this.#heartbeat.cancel();
    this.#backlog.clear();
    this.#onClosed();
    done(error);
  }

  #flush(): void {
    while (this.#isWanted) {
      const text = this.#lostText() ?? this.#backlog.shift();
      if (text === undefined) break;
      this.#isWanted = this.push(text);
    }
    if (this.#isFinished && this.#isWanted && this.#backlog.count === 0) {
      this.#isWanted = false;
      this.push(null);
    }
  }

  #lostText(): string | undefined {
    const events = this.#backlog.takeDropped();
    return events > 0 ? encodeEvent({ event: "lost", data: { events } }) : undefined;
  }

  #beatLater(): Timer {
    return this.#clock.after(HEARTBEAT_MS, () => {
      this.#heartbeat = this.#beatLater();
      // A reader who has not taken the last one needs no other.
      if (this.#hasReaderTakenAll()) this.push(HEARTBEAT);
    });
  }

  #hasReaderTakenAll(): boolean {
    return this.readableFlowing === true && this.readableLength === 0;
  }
}
