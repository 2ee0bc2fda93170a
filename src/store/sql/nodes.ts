import type { ExpressionBuilder, Kysely } from "kysely";
import type { NodeRow, NodeStore } from "../store.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";

export class SqlNodeStore implements NodeStore {
  readonly #transactions: Transactions;

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  list(): Promise<NodeRow[]> {
    return this.#transactions.read(async (db) => {
      const nowMs = await this.#transactions.nowMs(db);
      const rows = await db
        .selectFrom("nodes")
        .selectAll()
        .where(({ eb, or }) => or([eb("expires_at_ms", "is", null), eb("expires_at_ms", ">", nowMs)]))
        .orderBy("name")
        .execute();
      return rows.map(({ name, weight, is_draining, says_draining }) => {
        return { name, weight, isDraining: is_draining + says_draining > 0 };
      });
    });
  }

  put({ name, weight, isDraining }: NodeRow): Promise<void> {
    const settings = { weight, is_draining: Number(isDraining) };
    return this.#write(async (db) => {
      await db
        .insertInto("nodes")
        .values({ name, ...settings, says_draining: 0, expires_at_ms: null })
        .onConflict((conflict) => conflict.column("name").doUpdateSet(settings))
        .execute();
    });
  }

  announce(name: string, isDraining: boolean, forMs: number): Promise<void> {
    const says_draining = Number(isDraining);
    return this.#write(async (db, nowMs) => {
      const expires_at_ms = nowMs + forMs;
      await db
        .insertInto("nodes")
        .values({ name, weight: 1, is_draining: 0, says_draining, expires_at_ms })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ says_draining }))
        .execute();
      await db.updateTable("nodes").set({ expires_at_ms }).where(announced(name)).execute();
    });
  }

  withdraw(name: string): Promise<void> {
    return this.#write(async (db) => {
      await db.deleteFrom("nodes").where(announced(name)).execute();
    });
  }

  remove(name: string): Promise<void> {
    return this.#write(async (db) => {
      await db.deleteFrom("nodes").where("name", "=", name).execute();
    });
  }

  /** Whoever writes takes away what has expired, too: nobody else would. */
  #write(work: (db: Kysely<Tables>, nowMs: number) => Promise<void>): Promise<void> {
    return this.#transactions.writeBeside(async (db) => {
      const nowMs = await this.#transactions.nowMs(db);
      await db.deleteFrom("nodes").where("expires_at_ms", "<=", nowMs).execute();
      await work(db, nowMs);
    });
  }
}

/** The row of that name, if it is there by announcement. */
function announced(name: string) {
  return ({ eb, and }: ExpressionBuilder<Tables, "nodes">) =>
    and([eb("name", "=", name), eb("expires_at_ms", "is not", null)]);
}
