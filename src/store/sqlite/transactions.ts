import type { Kysely, SelectQueryBuilder } from "kysely";
import type { Clock } from "../../clock/clock.ts";
import { CommitEffects } from "../sql/commit-effects.ts";
import { unavailable } from "../sql/failures.ts";
import type { Row, RowTable } from "../sql/rows.ts";
import type { Tables } from "../sql/tables.ts";
import type { Transactions, Work } from "../sql/transactions.ts";
import type { DatabaseFile } from "./database-file.ts";
import { asStoreError } from "./failures.ts";
import { RowInserter } from "./insert-rows.ts";
import { waitForLock } from "./lock-wait.ts";

/**
 * Transactions over one connection, one after the other. Those of other processes on the same file are waited for
 * without holding up this process.
 */
export class SqliteTransactions implements Transactions {
  readonly #kysely: Kysely<Tables>;
  readonly #file: DatabaseFile;
  readonly #clock: Clock;
  readonly #effects = new CommitEffects();
  readonly #inserters = new Map<RowTable, RowInserter>();
  readonly #running = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(kysely: Kysely<Tables>, file: DatabaseFile, clock: Clock) {
    this.#kysely = kysely;
    this.#file = file;
    this.#clock = clock;
  }

  read<T>(work: Work<T>): Promise<T> {
    return this.#run(() => work(this.#kysely));
  }

  write<T>(work: Work<T>): Promise<T> {
    return this.#run(() => this.#effects.transaction(this.#kysely, work));
  }

  /** SQLite has one writer at a time, whatever it writes. */
  writeBeside<T>(work: Work<T>): Promise<T> {
    return this.write(work);
  }

  /** Whoever writes has locked every row. */
  lock<DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>): SelectQueryBuilder<DB, TB, O> {
    return query;
  }

  insertRows(db: Kysely<Tables>, table: RowTable, rows: readonly Row[]): Promise<void> {
    const inserter = this.#inserters.get(table) ?? new RowInserter(table);
    this.#inserters.set(table, inserter);
    return inserter.insert(db, rows);
  }

  afterCommit(db: Kysely<Tables>, effect: () => void): void {
    this.#effects.add(db, effect);
  }

  /** Whoever shares the file is on this machine, and has its time. */
  async nowMs(): Promise<number> {
    return Math.floor(this.#clock.nowMs());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#running);
    await this.#kysely.destroy();
  }

  async #run<T>(attempt: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw unavailable("the store is closed");
    if (!this.#file.isInPlace()) throw unavailable(`${this.#file.path} has been removed or replaced`);
    const running = waitForLock(this.#clock, attempt);
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw asStoreError(error);
    } finally {
      this.#running.delete(running);
    }
  }
}
