import type { CallRecord } from "../../model/call.ts";
import { SqlCallStore } from "./calls.ts";
import type { Transactions } from "./transactions.ts";

/** Where calls are stored without holding up this thread. */
export interface CallInserts {
  /** As that of `CallStore`. */
  insert(records: readonly CallRecord[]): Promise<void>;
  /** Stores what was given before. May be called twice. */
  close(): Promise<void>;
}

/** Calls that another thread stores; what is read, is read here. */
export class ThreadedCallStore extends SqlCallStore {
  readonly #inserts: CallInserts;

  constructor(transactions: Transactions, inserts: CallInserts) {
    super(transactions);
    this.#inserts = inserts;
  }

  override insert(records: readonly CallRecord[]): Promise<void> {
    return this.#inserts.insert(records);
  }
}
