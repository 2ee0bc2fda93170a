import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import { type Clock, sleep, within } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import { CommitEffects } from "../sql/commit-effects.ts";
import { unavailable } from "../sql/failures.ts";
import type { Row, RowTable } from "../sql/rows.ts";
import type { Tables } from "../sql/tables.ts";
import type { Transactions, Work } from "../sql/transactions.ts";
import { connect } from "./connection.ts";
import type { ConnectionSettings } from "./connection-url.ts";
import { asStoreError, isCollision } from "./failures.ts";
import { insertRows } from "./insert-rows.ts";

/**
 * How many connections a process has for what may run side by side. With one each for `write`, for notices and for storing
 * calls it is eight: ten nodes fit into the hundred that a server allows unless told otherwise.
 */
const CONNECTIONS_MAX = 5;

/** The lock that `write` holds, among the server's advisory locks: "hotfn" in ASCII. */
const WRITE_LOCK = 0x686f74666e;

/** How often a transaction is tried that collides with others, with pauses in between that double. */
const TRIES_MAX = 6;
const PAUSE_MS = 10;

/** How long closing waits for connections to end by themselves. */
const CLOSE_TIMEOUT_MS = 3_000;

/**
 * Transactions over a pool of connections, at PostgreSQL's usual isolation: each statement sees what was stored when it
 * began. That is enough for `writeBeside`, whose statements lock what they rely on. Those of `write` hold one lock of the
 * whole database from their first statement on: what they have read stays as it is until they are over. They run over one
 * connection, so that they wait for each other and not with the connections that others need.
 */
export class PostgresTransactions implements Transactions {
  readonly #shared: Kysely<Tables>;
  readonly #single: Kysely<Tables>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #effects = new CommitEffects();
  readonly #running = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(
    settings: ConnectionSettings,
    clock: Clock,
    random: Random,
    connectionsMax: number = CONNECTIONS_MAX,
  ) {
    this.#shared = connect(settings, connectionsMax);
    this.#single = connect(settings, 1);
    this.#clock = clock;
    this.#random = random;
  }

  read<T>(work: Work<T>): Promise<T> {
    return this.#run(() => work(this.#shared));
  }

  write<T>(work: Work<T>): Promise<T> {
    const alone: Work<T> = async (db) => {
      await sql`select pg_advisory_xact_lock(${sql.lit(WRITE_LOCK)})`.execute(db);
      return work(db);
    };
    return this.#run(() => this.#effects.transaction(this.#single, alone));
  }

  writeBeside<T>(work: Work<T>): Promise<T> {
    return this.#run(() => this.#effects.transaction(this.#shared, work));
  }

  lock<DB, TB extends keyof DB, O>(
    query: SelectQueryBuilder<DB, TB, O>,
    locked: "wait" | "skip" = "wait",
  ): SelectQueryBuilder<DB, TB, O> {
    return locked === "wait" ? query.forUpdate() : query.forUpdate().skipLocked();
  }

  insertRows(db: Kysely<Tables>, table: RowTable, rows: readonly Row[]): Promise<void> {
    return insertRows(db, table, rows);
  }

  afterCommit(db: Kysely<Tables>, effect: () => void): void {
    this.#effects.add(db, effect);
  }

  async nowMs(db: Kysely<Tables>): Promise<number> {
    const { rows } = await sql<{ now_ms: number }>`
      select floor(extract(epoch from clock_timestamp()) * 1000) as now_ms`.execute(db);
    return rows[0]?.now_ms ?? 0;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#running);
    const ended = Promise.all([this.#shared.destroy(), this.#single.destroy()]);
    await within(this.#clock, CLOSE_TIMEOUT_MS, ended);
  }

  async #run<T>(attempt: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw unavailable("the store is closed");
    const running = this.#retry(attempt);
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw asStoreError(error);
    } finally {
      this.#running.delete(running);
    }
  }

  async #retry<T>(attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        if (!isCollision(error) || tries === TRIES_MAX) throw error;
      }
      await sleep(this.#clock, PAUSE_MS * 2 ** (tries - 1) * (0.5 + this.#random.next()));
    }
  }
}
