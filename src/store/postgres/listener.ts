import pg from "pg";
import { type Clock, sleep, within } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import { clientConfig } from "./connection.ts";
import type { ConnectionSettings } from "./connection-url.ts";

/** Pauses between attempts to connect: they double from the one to the other, and differ by chance from node to node. */
const PAUSE_MIN_MS = 100;
const PAUSE_MAX_MS = 5_000;

/** How often a connection on which nothing happens is asked whether it is still one: the network may have dropped it. */
const CHECK_INTERVAL_MS = 5_000;

/** Longest wait for a connection to end by itself. */
const END_TIMEOUT_MS = 1_000;

/** Who uses a listener. */
export interface Hearer {
  readonly channels: readonly string[];
  /** The listener hears from now on; what was said before is lost. When this fails, it connects again. */
  connected(client: pg.Client): Promise<void>;
  /** Something that was not said through this listener. */
  heard(channel: string, payload: string): void;
  disconnected(): void;
}

/**
 * A connection that hears what other connections to the database say with `notify`. When it breaks it is made again, for
 * as long as it takes.
 */
export class Listener {
  readonly #settings: ConnectionSettings;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #hearer: Hearer;
  readonly #closing = new AbortController();
  #client: pg.Client | undefined;
  /** A connection does one thing at a time. */
  #lastQuery: Promise<unknown> = Promise.resolve();
  #running: Promise<void> | undefined;

  constructor(settings: ConnectionSettings, clock: Clock, random: Random, hearer: Hearer) {
    this.#settings = settings;
    this.#clock = clock;
    this.#random = random;
    this.#hearer = hearer;
  }

  /** Resolves after the first attempt to connect, however that went. */
  async start(): Promise<void> {
    const tried = Promise.withResolvers<void>();
    this.#running ??= this.#run(tried.resolve);
    await tried.promise;
  }

  /** Tells all who listen on the channel. False when nobody heard it, since it is not connected. */
  async say(channel: string): Promise<boolean> {
    const client = this.#client;
    if (!client) return false;
    return this.#query(client, "select pg_notify($1, '')", [channel]).then(
      () => true,
      () => false,
    );
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#closing.abort(new Error("the listener is closed"));
    await this.#running;
  }

  async #run(onTried: () => void): Promise<void> {
    const { signal } = this.#closing;
    let pauseMs = PAUSE_MIN_MS;
    while (!signal.aborted) {
      const wasConnected = await this.#listen(onTried);
      onTried();
      pauseMs = wasConnected ? PAUSE_MIN_MS : Math.min(pauseMs * 2, PAUSE_MAX_MS);
      await sleep(this.#clock, pauseMs * (0.5 + this.#random.next()), signal).catch(ignore);
    }
  }

  /** One connection, from its beginning to its end. False when there was none. */
  async #listen(onConnected: () => void): Promise<boolean> {
    const client = new pg.Client(clientConfig(this.#settings));
    const broken = new AbortController();
    client.on("error", (error) => broken.abort(error));
    client.on("end", () => broken.abort(new Error("the connection has ended")));
    client.on("notification", ({ channel, payload, processId }) => {
      // It hears itself, too.
      if (processId !== backendOf(client)) this.#hearer.heard(channel, payload ?? "");
    });
    try {
      await client.connect();
      for (const channel of this.#hearer.channels) await client.query(`listen ${channel}`);
      this.#client = client;
      await this.#hearer.connected(client);
      onConnected();
      await this.#check(client, AbortSignal.any([broken.signal, this.#closing.signal]));
    } catch {
      // Whoever needs the database learns by other connections what is wrong with it.
    }
    const wasConnected = this.#client !== undefined;
    this.#client = undefined;
    if (wasConnected) this.#hearer.disconnected();
    await within(this.#clock, END_TIMEOUT_MS, client.end().catch(ignore));
    return wasConnected;
  }

  /** Rejects when the connection is not one any more. */
  async #check(client: pg.Client, end: AbortSignal): Promise<never> {
    for (;;) {
      await sleep(this.#clock, CHECK_INTERVAL_MS, end);
      await this.#query(client, "select");
    }
  }

  #query(client: pg.Client, text: string, values: readonly string[] = []): Promise<unknown> {
    const query = this.#lastQuery.then(() => client.query(text, [...values]));
    this.#lastQuery = query.catch(ignore);
    return query;
  }
}

/** The server's process behind a connection, which `notify` names as its source. */
function backendOf(client: pg.Client): number | undefined {
  return "processID" in client && typeof client.processID === "number" ? client.processID : undefined;
}

function ignore(): void {}
