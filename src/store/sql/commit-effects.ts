import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";
import type { Work } from "./transactions.ts";

/** What is to happen once a transaction is stored, kept with the transaction until then. */
export class CommitEffects {
  readonly #effects = new WeakMap<Kysely<Tables>, (() => void)[]>();

  /** Runs `work` as a transaction of that database, and then the effects that it added; none when it fails. */
  async transaction<T>(kysely: Kysely<Tables>, work: Work<T>): Promise<T> {
    const effects: (() => void)[] = [];
    const result = await kysely.transaction().execute((db) => {
      this.#effects.set(db, effects);
      return work(db);
    });
    for (const effect of effects) effect();
    return result;
  }

  /** `db` is that of a transaction that runs. */
  add(db: Kysely<Tables>, effect: () => void): void {
    const effects = this.#effects.get(db);
    if (!effects) throw new Error("effects belong to a transaction");
    effects.push(effect);
  }
}
