import type { Kysely } from "kysely";
import type { Clock } from "../../clock/clock.ts";
import type { Tables } from "../sql/tables.ts";
import type { Transactions, Work } from "../sql/transactions.ts";
import type { DatabaseFile } from "./database-file.ts";
import { asStoreError, unavailable } from "./failures.ts";
import { waitForLock } from "./lock-wait.ts";

/**
 * Transactions over one connection, one after the other. Those of other processes on the same file are waited for
 * without holding up this process.
 */
export class SqliteTransactions implements Transactions {
  readonly #kysely: Kysely<Tables>;
  readonly #file: DatabaseFile;
  readonly #clock: Clock;
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
    return this.#run(() => this.#kysely.transaction().execute(work));
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
