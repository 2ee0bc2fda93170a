import { type Kysely, sql } from "kysely";
import type { Clock, Timer } from "../../clock/clock.ts";
import { countChange, readChangeCount } from "../sql/changes.ts";
import { Listeners } from "../sql/listeners.ts";
import type { Notices } from "../sql/notices.ts";
import type { Tables } from "../sql/tables.ts";
import type { Transactions } from "../sql/transactions.ts";

/** How often those who listen look whether another process has written: SQLite tells nobody. It costs some microseconds. */
const LOOK_INTERVAL_MS = 250;

/** The count of changes is a row, and who listens looks at the file's version. */
export class SqliteNotices implements Notices {
  readonly #transactions: Transactions;
  readonly #clock: Clock;
  readonly #listeners = new Listeners();
  #timer: Timer | undefined;
  #version: number | undefined;

  constructor(transactions: Transactions, clock: Clock) {
    this.#transactions = transactions;
    this.#clock = clock;
  }

  changed(db: Kysely<Tables>): Promise<void> {
    return countChange(db);
  }

  enqueued(db: Kysely<Tables>): void {
    this.#transactions.afterCommit(db, () => this.#listeners.tell());
  }

  changeCount(): Promise<number> {
    return this.#transactions.read(readChangeCount);
  }

  onEnqueued(listener: () => void): () => void {
    const remove = this.#listeners.add(listener);
    if (this.#timer === undefined) this.#lookLater();
    return () => {
      remove();
      if (this.#listeners.count === 0) this.#stop();
    };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#stop();
  }

  #lookLater(): void {
    this.#timer = this.#clock.after(LOOK_INTERVAL_MS, () => void this.#look());
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#version = undefined;
  }

  async #look(): Promise<void> {
    const timer = this.#timer;
    try {
      const version = await this.#transactions.read(readVersion);
      // The first look cannot know what was written just before.
      const isNew = version !== this.#version;
      this.#version = version;
      if (isNew) this.#listeners.tell();
    } catch {
      // The file is out of reach; whoever uses it learns that.
    }
    if (this.#timer === timer && this.#listeners.count > 0) this.#lookLater();
  }
}

/** A number that differs once another connection has written: sqlite.org/pragma.html#pragma_data_version. */
async function readVersion(db: Kysely<Tables>): Promise<number | undefined> {
  const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(db);
  return rows[0]?.data_version;
}
