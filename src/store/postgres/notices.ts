import { type Kysely, sql } from "kysely";
import type pg from "pg";
import { type Clock, sleep } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import { readChangeCount } from "../sql/changes.ts";
import { unavailable } from "../sql/failures.ts";
import { Listeners } from "../sql/listeners.ts";
import type { Notices } from "../sql/notices.ts";
import type { Tables } from "../sql/tables.ts";
import type { Transactions } from "../sql/transactions.ts";
import type { ConnectionSettings } from "./connection-url.ts";
import { type Hearer, Listener } from "./listener.ts";

const CHANGES = "hotfn_changes";
const QUEUE = "hotfn_queue";

/**
 * At most one word about the queue in so long: transactions that notify commit one after the other, so that a word for
 * each call would make all calls wait for each other. Nobody notices so short a delay.
 */
const QUEUE_INTERVAL_MS = 20;

/**
 * While its listener is connected, the count of changes is known without asking: every change says its count as it is
 * committed. Otherwise the database is asked.
 */
export class PostgresNotices implements Notices {
  readonly #transactions: Transactions;
  readonly #clock: Clock;
  readonly #listener: Listener;
  readonly #enqueueListeners = new Listeners();
  #isListening = false;
  /** The latest known of the database. */
  #count = -1;
  /** What we tell: it moves with the count, and after a time without a listener, whatever the count is then. */
  #number = 0;
  /** Calls were put into the queue, and others have not been told yet. */
  #isQueueUnsaid = false;
  #saying: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(transactions: Transactions, settings: ConnectionSettings, clock: Clock, random: Random) {
    this.#transactions = transactions;
    this.#clock = clock;
    const hearer: Hearer = {
      channels: [CHANGES, QUEUE],
      connected: (client) => this.#connected(client),
      heard: (channel, payload) => this.#heard(channel, payload),
      disconnected: () => {
        this.#isListening = false;
      },
    };
    this.#listener = new Listener(settings, clock, random, hearer);
  }

  /** Resolves after the first attempt to listen, however that went. */
  start(): Promise<void> {
    return this.#listener.start();
  }

  async changed(db: Kysely<Tables>): Promise<void> {
    const { rows } = await sql<{ count: number }>`
      with moved as (update changes set count = count + 1 returning count)
      select count, pg_notify(${CHANGES}, count::text) from moved`.execute(db);
    for (const { count } of rows) this.#transactions.afterCommit(db, () => this.#grow(count));
  }

  enqueued(db: Kysely<Tables>): void {
    this.#transactions.afterCommit(db, () => {
      this.#enqueueListeners.tell();
      this.#isQueueUnsaid = true;
      this.#saying ??= this.#sayQueue();
    });
  }

  async changeCount(): Promise<number> {
    if (this.#closing.signal.aborted) throw unavailable("the store is closed");
    if (!this.#isListening) {
      const count = await this.#transactions.read(readChangeCount);
      if (count !== this.#count) this.#move(count);
    }
    return this.#number;
  }

  onEnqueued(listener: () => void): () => void {
    return this.#enqueueListeners.add(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("the notices are closed"));
    this.#enqueueListeners.clear();
    await this.#saying;
    await this.#listener.close();
  }

  /** Something may have been missed: everybody looks. */
  async #connected(client: pg.Client): Promise<void> {
    const { rows } = await client.query<{ count: number }>("select count from changes");
    for (const { count } of rows) this.#move(count);
    this.#isListening = true;
    this.#enqueueListeners.tell();
    if (this.#isQueueUnsaid) this.#saying ??= this.#sayQueue();
  }

  #heard(channel: string, payload: string): void {
    if (channel === QUEUE) this.#enqueueListeners.tell();
    else this.#grow(Number(payload));
  }

  /** Words of other processes, and of this one, come in any order. */
  #grow(count: number): void {
    if (count > this.#count) this.#move(count);
  }

  #move(count: number): void {
    this.#count = count;
    this.#number++;
  }

  /** What cannot be said is said once the listener is connected again. */
  async #sayQueue(): Promise<void> {
    while (this.#isQueueUnsaid && this.#isListening) {
      this.#isQueueUnsaid = false;
      const isSaid = await this.#listener.say(QUEUE);
      if (!isSaid) this.#isQueueUnsaid = true;
      await sleep(this.#clock, QUEUE_INTERVAL_MS, this.#closing.signal).catch(() => {});
    }
    this.#saying = undefined;
  }
}
