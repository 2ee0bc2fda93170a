import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** How the queries reach a database. Failures to reach it are `store_unavailable`. */
export interface Transactions {
  /** Runs `work`, which is one statement that only reads: that is a transaction by itself. */
  read<T>(work: Work<T>): Promise<T>;
  /**
   * Runs `work` as one transaction in which nobody else writes: all of it is stored, or, when it throws, none.
   * It may run more than once, so it must have no other effects.
   */
  write<T>(work: Work<T>): Promise<T>;
  /** Finishes what has begun and lets go of the database. May be called twice. */
  close(): Promise<void>;
}

export type Work<T> = (db: Kysely<Tables>) => Promise<T>;
