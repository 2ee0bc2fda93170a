import type { Logger } from "pino";
import type { Clock } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import type { LoggedCall, LogListener } from "../log-feed.ts";
import { SyslogDestination } from "./destination.ts";
import { LineSplitter } from "./line-splitter.ts";
import { encodeMessage } from "./message.ts";
import { readPlace } from "./place.ts";
import { openTransport } from "./transport.ts";

/** How long a sink that stops may still send what it has. */
const FLUSH_MS = 1000;

/** Places that there is something to send to at a time; lines for further ones are lost. */
const DESTINATIONS_MAX = 256;

export interface SyslogSinkOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** What receivers know this node by. */
  readonly nodeName: string;
  /** Certificates of authorities, in PEM, that may vouch for servers of `tcp+tls`; Node's own, if absent. */
  readonly ca?: readonly string[];
}

export interface SyslogCounts {
  /** Lines that were handed to the system. */
  readonly sent: number;
  /** Lines that were lost here: their server was away, or slower than the functions. */
  readonly dropped: number;
}

/**
 * Sends each line that functions write to the syslog server of their app (`syslogUrl`), in the background: what a server
 * does not take is lost in time, and nothing ever waits for it.
 */
export class SyslogSink implements LogListener {
  readonly #options: SyslogSinkOptions;
  /** Those that are at work, by URL. */
  readonly #destinations = new Map<string, SyslogDestination>();
  readonly #splitters = new Map<LoggedCall, LineSplitter>();
  #sent = 0;
  #dropped = 0;
  #stopping: Promise<unknown> | undefined;

  constructor(options: SyslogSinkOptions) {
    this.#options = options;
  }

  get counts(): SyslogCounts {
    return { sent: this.#sent, dropped: this.#dropped };
  }

  onText(call: LoggedCall, text: string): void {
    let splitter = this.#splitters.get(call);
    if (!splitter) {
      splitter = new LineSplitter();
      this.#splitters.set(call, splitter);
    }
    this.#offer(call, splitter.split(text));
  }

  onEnd(call: LoggedCall): void {
    const rest = this.#splitters.get(call)?.end() ?? [];
    this.#splitters.delete(call);
    this.#offer(call, rest);
  }

  /** Sends for a second at most what it has, and lets go of everything. May be called twice. */
  async stop(): Promise<void> {
    this.#stopping ??= Promise.all([...this.#destinations.values()].map((each) => each.stop(FLUSH_MS)));
    await this.#stopping;
  }

  #offer(call: LoggedCall, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const { clock, nodeName } = this.#options;
    const destination = this.#destinationOf(call.syslogUrl);
    if (!destination) {
      this.#dropped += lines.length;
      return;
    }
    const atMs = clock.nowMs();
    for (const text of lines) destination.offer(encodeMessage({ ...call, atMs, nodeName, text }));
  }

  #destinationOf(url: string): SyslogDestination | undefined {
    const known = this.#destinations.get(url);
    if (known || this.#stopping || this.#destinations.size >= DESTINATIONS_MAX) return known;
    const place = readPlace(url);
    if (!place) return undefined;
    const destination = new SyslogDestination({
      ...this.#options,
      url,
      open: (events) => openTransport(place, events, this.#options),
      onSent: () => {
        this.#sent++;
      },
      onDropped: (count) => {
        this.#dropped += count;
      },
      onIdle: () => this.#destinations.delete(url),
    });
    this.#destinations.set(url, destination);
    return destination;
  }
}
