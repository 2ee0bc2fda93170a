import type { Kysely, SelectQueryBuilder } from "kysely";
import type { Row, RowTable } from "./rows.ts";
import type { Tables } from "./tables.ts";

/** How the queries reach a database. Failures to reach it are `store_unavailable`. */
export interface Transactions {
  /** Runs `work`, which is one statement that only reads: that is a transaction by itself. */
  read<T>(work: Work<T>): Promise<T>;
  /**
   * Runs `work` as one transaction in which no other `write` writes, in any process: all of it is stored, or, when it
   * throws, none. It may run more than once, so it must have no other effects. For what changes seldom.
   */
  write<T>(work: Work<T>): Promise<T>;
  /**
   * As `write`, but others write at the same time, so that they need not wait for each other. Each of its statements is
   * right by itself, or goes by rows that it has locked (`lock`). For what is written with every call.
   */
  writeBeside<T>(work: Work<T>): Promise<T>;
  /**
   * The query, which keeps others from changing the rows that it finds until the transaction is over. Rows that
   * another transaction has locked are waited for, or are not found (`skip`). Not for queries that group or count.
   */
  lock<DB, TB extends keyof DB, O>(
    query: SelectQueryBuilder<DB, TB, O>,
    locked?: "wait" | "skip",
  ): SelectQueryBuilder<DB, TB, O>;
  /** Stores rows of one table, in the transaction of `db`; those whose key is there already stay as they are. */
  insertRows(db: Kysely<Tables>, table: RowTable, rows: readonly Row[]): Promise<void>;
  /** Runs `effect` once the transaction of `db` is stored, and never when it is not. */
  afterCommit(db: Kysely<Tables>, effect: () => void): void;
  /** The time of all who share the database, in whole Unix milliseconds. `db` is that of the work it is asked in. */
  nowMs(db: Kysely<Tables>): Promise<number>;
  /** Finishes what has begun and lets go of the database. May be called twice. */
  close(): Promise<void>;
}

export type Work<T> = (db: Kysely<Tables>) => Promise<T>;
