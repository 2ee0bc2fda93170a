import type { Clock, Timer } from "../../clock/clock.ts";
import type { Exchange } from "../../http1/exchange.ts";
import { EVENT_STREAM_FIELDS, encodeEvent, encodeRetry } from "../../http1/server-sent-events.ts";
import { FnError } from "../../model/errors.ts";
import type { Figures } from "./figures.ts";

/** Each costs the text of a second each second. */
const READERS_MAX = 32;

/** Seconds in a row that a reader may not have taken what was sent before: the first event can be long. */
const BEHIND_MAX = 5;

/** How long a browser waits before it comes back. */
const RETRY_MS = 2000;

interface EventsOptions {
  readonly figures: Pick<Figures, "points">;
  /** The nodes, as they are shown. */
  readonly nodes: () => unknown;
  readonly clock: Clock;
}

/**
 * The traffic as server-sent events: one each second, with the points of the second that is over and the nodes as they
 * are. The first one has all that is kept, or, for a reader that comes back, what it has missed. Its id is the second.
 */
export class Events {
  readonly #options: EventsOptions;
  readonly #readers = new Set<Reader>();
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: EventsOptions) {
    this.#options = options;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Answers with events until the reader leaves or `stop` is called. Throws `management_busy`; then nothing was said. */
  async follow(exchange: Exchange): Promise<void> {
    if (this.#isStopped || this.#readers.size >= READERS_MAX) {
      throw new FnError("management_busy", {}, { retryAfterS: 10 });
    }
    exchange.begin(200, EVENT_STREAM_FIELDS, undefined);
    if (exchange.head.method === "HEAD") {
      exchange.end();
      return;
    }
    const last = this.#lastWholeSecond();
    const from = lastSeenBy(exchange) + 1;
    const reader = new Reader(exchange, last, () => this.#forget(reader));
    this.#readers.add(reader);
    if (!this.#timer) this.#wait();
    reader.send(encodeRetry(RETRY_MS) + (await this.#event(from, last)));
  }

  /** Ends all answers, whole; nobody is served any more. */
  stop(): void {
    this.#isStopped = true;
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Until the next second has begun. */
  #wait(): void {
    const { clock } = this.#options;
    this.#timer = clock.after(1000 - (clock.nowMs() % 1000), () => {
      this.#timer = undefined;
      void this.#tell();
      if (this.#readers.size > 0) this.#wait();
    });
  }

  /** A timer may fire a moment early, or, when the process had no time, seconds late. */
  async #tell(): Promise<void> {
    const last = this.#lastWholeSecond();
    // Nearly always one text for all: those who are not behind have all seen the same.
    const texts = new Map<number, Promise<string>>();
    for (const reader of this.#readers) {
      const { seenTo } = reader;
      if (seenTo >= last || !reader.isReady()) continue;
      reader.seenTo = last;
      const text = texts.get(seenTo) ?? this.#event(seenTo + 1, last);
      texts.set(seenTo, text);
      reader.send(await text);
    }
  }

  /** The points of these seconds, the last one included. */
  async #event(from: number, last: number): Promise<string> {
    const { figures, nodes } = this.#options;
    const end = new Date((last + 1) * 1000).toISOString();
    const stats = (await figures.points(from)).filter(({ timestamp }) => timestamp < end);
    return encodeEvent({ id: last, event: "second", data: { at: last, stats, nodes: nodes() } });
  }

  #lastWholeSecond(): number {
    return Math.floor(this.#options.clock.nowMs() / 1000) - 1;
  }

  #forget(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

class Reader {
  /** The last second that it was sent. */
  seenTo: number;
  readonly #exchange: Exchange;
  readonly #onLost: () => void;
  #hasTaken = true;
  /** Seconds in a row in which it could be sent nothing. */
  #behind = 0;

  constructor(exchange: Exchange, seenTo: number, onLost: () => void) {
    this.seenTo = seenTo;
    this.#exchange = exchange;
    this.#onLost = onLost;
    exchange.onGone = onLost;
  }

  /** Whether it has taken what was sent; one that has not for too long is let go: events would pile up here. */
  isReady(): boolean {
    this.#behind = this.#hasTaken ? 0 : this.#behind + 1;
    if (this.#behind > BEHIND_MAX) {
      this.#onLost();
      this.#exchange.breakOff();
    }
    return this.#hasTaken;
  }

  send(event: string): void {
    const drained = this.#exchange.write(Buffer.from(event));
    if (!drained) return;
    this.#hasTaken = false;
    drained.then(
      () => {
        this.#hasTaken = true;
      },
      // The client is gone, which onGone tells.
      () => {},
    );
  }

  end(): void {
    if (this.#hasTaken) this.#exchange.end();
    else this.#exchange.breakOff();
  }
}

/** The second that a reader who comes back has seen last; 0 for a new one. */
function lastSeenBy({ head }: Exchange): number {
  const [, text = ""] = head.fields.find(([name]) => name.toLowerCase() === "last-event-id") ?? [];
  return /^\d{1,12}$/.test(text) ? Number(text) : 0;
}
