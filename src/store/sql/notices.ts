import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** What the processes that share a database tell each other about what they have stored. */
export interface Notices {
  /**
   * To be awaited in every transaction that changes an app, a fn, a trigger or a token: all who share the database
   * hear of it once it is stored, and nobody when it is not. `db` is that of the transaction.
   */
  changed(db: Kysely<Tables>): Promise<void>;
  /** To be called in every transaction that makes a call wait in the queue: as `changed`, for those who listen. */
  enqueued(db: Kysely<Tables>): void;
  /** As that of `Store`. */
  changeCount(): Promise<number>;
  /** As that of `QueueStore`. */
  onEnqueued(listener: () => void): () => void;
  /** Tells nobody any more. May be called twice. */
  close(): Promise<void>;
}
