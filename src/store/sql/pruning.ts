import { setImmediate as nextTurn } from "node:timers/promises";
import type { DeleteResult, Kysely } from "kysely";
import { idStartAt } from "../../clock/ids.ts";
import type { PruneRule } from "../store.ts";
import { removeCalls } from "./call-removal.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";

/** Calls that are counted at a time: SQLite holds up its thread for less than a millisecond, and PostgreSQL ends in time. */
const COUNT_STEP = 5_000;

/**
 * Removes calls in rounds over the apps, batch by batch. For each app a round first finds the id that calls have to be
 * older than; that holds however many processes remove calls meanwhile, and whatever is stored.
 */
export class Pruning {
  readonly #transactions: Transactions;
  /** The round that is going on, and what it goes by. */
  #round: AsyncGenerator<number, undefined> | undefined;
  #rule: PruneRule | undefined;

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  /** As that of `CallStore`: one batch, and 0 once the round is over. */
  async prune(rule: PruneRule): Promise<number> {
    if (!isSame(this.#rule, rule)) this.#round = undefined;
    this.#rule = rule;
    this.#round ??= this.#pruneAll(rule);
    try {
      const { value } = await this.#round.next();
      if (value === undefined) this.#round = undefined;
      return value ?? 0;
    } catch (error) {
      this.#round = undefined;
      throw error;
    }
  }

  async *#pruneAll(rule: PruneRule): AsyncGenerator<number, undefined> {
    await this.#removeExpired(rule.limit);
    for await (const appName of this.#apps()) yield* this.#pruneApp(appName, rule);
    return undefined;
  }

  /** Each name is looked up after the last one: no list of all is made, and no call is read for it. */
  async *#apps(): AsyncGenerator<string> {
    for (let last = ""; ; ) {
      const next = await this.#transactions.read((db) =>
        db
          .selectFrom("calls")
          .select("app_name")
          .where("app_name", ">", last)
          .orderBy("app_name")
          .limit(1)
          .executeTakeFirst(),
      );
      if (!next) return;
      last = next.app_name;
      yield last;
    }
  }

  async *#pruneApp(appName: string, rule: PruneRule): AsyncGenerator<number> {
    const bounds = {
      keptFrom: Number.isFinite(rule.perApp) ? await this.#oldestOfNewest(appName, rule.perApp) : "",
      youngFrom: idStartAt(rule.olderThanMs),
      olderThanMs: rule.olderThanMs,
    };
    for (let after = ""; ; ) {
      const ids = await this.#removeBatch(appName, bounds, after, rule.limit);
      if (ids.length > 0) yield ids.length;
      if (ids.length < rule.limit) return;
      after = ids.at(-1) ?? "";
    }
  }

  /**
   * The id of the oldest of so many newest calls, empty when there are fewer. Calls that come meanwhile are newer than those
   * that have been counted: then more are kept.
   */
  async #oldestOfNewest(appName: string, count: number): Promise<string> {
    let oldest: string | undefined;
    for (let left = count; left > 0; left -= COUNT_STEP) {
      oldest = await this.#oldestOfStep(appName, oldest, Math.min(left, COUNT_STEP));
      if (oldest === undefined) return "";
      await nextTurn();
    }
    return oldest ?? "";
  }

  /** The last of so many calls, going back from one, or from the newest. */
  async #oldestOfStep(appName: string, from: string | undefined, count: number): Promise<string | undefined> {
    const row = await this.#transactions.read((db) => {
      const older = db.selectFrom("calls").select("id").where("app_name", "=", appName);
      return (from === undefined ? older : older.where("id", "<", from))
        .orderBy("id", "desc")
        .limit(1)
        .offset(count - 1)
        .executeTakeFirst();
    });
    return row?.id;
  }

  /** Those that another process removes at this moment are left to it. */
  #removeBatch(appName: string, bounds: Bounds, after: string, limit: number): Promise<string[]> {
    const { keptFrom, youngFrom, olderThanMs } = bounds;
    return this.#transactions.writeBeside(async (db) => {
      const removable = db
        .selectFrom("calls")
        .select("id")
        .where("app_name", "=", appName)
        .where("id", ">", after)
        .where("id", "<", keptFrom > youngFrom ? keptFrom : youngFrom)
        .where("completed_at_ms", "is not", null)
        .where("is_dead", "=", 0)
        .where(({ eb, or }) => or([eb("id", "<", keptFrom), eb("completed_at_ms", "<", olderThanMs)]))
        .orderBy("id")
        .limit(limit);
      const ids = (await this.#transactions.lock(removable, "skip").execute()).map(({ id }) => id);
      await removeCalls(db, appName, ids);
      return ids;
    });
  }

  async #removeExpired(limit: number): Promise<void> {
    await this.#repeat(limit, (db, nowMs) =>
      db
        .deleteFrom("answers")
        .where(({ eb, refTuple }) =>
          eb(
            refTuple("app_name", "call_id"),
            "in",
            db
              .selectFrom("answers")
              .select(["app_name", "call_id"])
              .where("expires_at_ms", "<=", nowMs)
              .orderBy("expires_at_ms")
              .limit(limit)
              .$asTuple("app_name", "call_id"),
          ),
        )
        .executeTakeFirst(),
    );
    await this.#repeat(limit, (db, nowMs) =>
      db
        .deleteFrom("idempotency_keys")
        .where(({ eb, refTuple }) =>
          eb(
            refTuple("fn_id", "key"),
            "in",
            db
              .selectFrom("idempotency_keys")
              .select(["fn_id", "key"])
              .where("expires_at_ms", "<=", nowMs)
              .orderBy("expires_at_ms")
              .limit(limit)
              .$asTuple("fn_id", "key"),
          ),
        )
        .executeTakeFirst(),
    );
  }

  /** Until a batch is not full any more; in between, others have their turn. */
  async #repeat(
    limit: number,
    remove: (db: Kysely<Tables>, nowMs: number) => Promise<DeleteResult>,
  ): Promise<void> {
    for (let removed = limit; removed >= limit; ) {
      const { numDeletedRows } = await this.#transactions.writeBeside(async (db) =>
        remove(db, await this.#transactions.nowMs(db)),
      );
      removed = Number(numDeletedRows);
      await nextTurn();
    }
  }
}

/** What may go of the calls of an app. */
interface Bounds {
  /** Those from this id on are among the newest. */
  readonly keptFrom: string;
  /** Those from this id on are younger than `olderThanMs`. */
  readonly youngFrom: string;
  readonly olderThanMs: number;
}

function isSame(one: PruneRule | undefined, other: PruneRule): boolean {
  return one?.olderThanMs === other.olderThanMs && one.perApp === other.perApp && one.limit === other.limit;
}
