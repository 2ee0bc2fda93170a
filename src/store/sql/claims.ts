import type { Kysely, Selectable } from "kysely";
import { PRIORITIES, type Priority } from "../../model/queued-call.ts";
import type { Claim, ClaimedCall } from "../store.ts";
import { readClaimed } from "./claimed-calls.ts";
import { WAITING } from "./queue-states.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";
import { appsInTurn, type Turn } from "./turns.ts";

/** Apps in one query for their calls: its text grows with them, and a database may plan it anew each time. */
const APPS_MAX = 32;

/** Ended leases in one transaction: of a node that had more, the rest follows with the next claim. */
const ENDED_MAX = 500;

/** Takes calls out of the queue for those who run them. */
export class Claims {
  readonly #transactions: Transactions;
  /** The app that had the last turn of this process: the one after it has the next. */
  #lastApp = "";

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  async claim({ holder, limit, leaseMs }: Claim): Promise<ClaimedCall[]> {
    const claimed = await this.#transactions.writeBeside(async (db) => {
      const nowMs = await this.#transactions.nowMs(db);
      await this.#endLeases(db, nowMs);
      const picks = await this.#pick(db, { holder, limit, nowMs, leaseEndsAtMs: nowMs + leaseMs });
      return readClaimed(db, idsOf(picks));
    });
    this.#lastApp = claimed.at(-1)?.call.appName ?? this.#lastApp;
    return claimed;
  }

  /** Calls whose holder has not been heard of in time wait again, in their old place. */
  async #endLeases(db: Kysely<Tables>, nowMs: number): Promise<void> {
    const ended = db
      .selectFrom("queue")
      .select("call_id")
      .where("lease_ends_at_ms", "<=", nowMs)
      .orderBy("lease_ends_at_ms")
      .limit(ENDED_MAX);
    const ids = idsOf(await this.#transactions.lock(ended, "skip").execute());
    if (ids.length === 0) return;
    await db.updateTable("queue").set(WAITING).where("call_id", "in", ids).execute();
    await updateCalls(db, ids).set({ status: "queued" }).execute();
  }

  /** Group by group of apps, until there are enough or none is left. */
  async #pick(db: Kysely<Tables>, lease: Lease): Promise<Due[]> {
    const picks: Due[] = [];
    for (let after = this.#lastApp; picks.length < lease.limit; ) {
      const limit = lease.limit - picks.length;
      const appsMax = Math.min(limit, APPS_MAX);
      const apps = await appsInTurn(db, { after, limit: appsMax, nowMs: lease.nowMs });
      const found = await this.#pickInTurn(db, apps, { ...lease, limit });
      picks.push(...found);
      after = apps.at(-1)?.appName ?? "";
      // These were all; or what is left, others have at this moment.
      if (apps.length < appsMax || found.length === 0) break;
    }
    return picks;
  }

  /** From each of these apps in turn; when some have too few, the others have more turns. */
  async #pickInTurn(db: Kysely<Tables>, apps: readonly Turn[], lease: Lease): Promise<Due[]> {
    const picks: Due[] = [];
    for (let some = apps; some.length > 0 && picks.length < lease.limit; ) {
      const missing = lease.limit - picks.length;
      const quota = Math.ceil(missing / some.length);
      const offers = await this.#offersOf(db, some, quota, lease.nowMs);
      const inTurn = interleave(offers).slice(0, missing);
      await take(db, inTurn, lease);
      picks.push(...inTurn);
      some = some.filter((_, index) => offers[index]?.length === quota);
    }
    return picks;
  }

  /** At most so many calls of each app, in their order. */
  async #offersOf(db: Kysely<Tables>, apps: readonly Turn[], quota: number, nowMs: number): Promise<Due[][]> {
    const offers = apps.map((app) => ({ ...app, due: [] as Due[] }));
    for (const rank of PRIORITIES.keys()) {
      const lanes: Lane[] = [];
      for (const { appName, priorities, due } of offers) {
        const priority = priorities[rank];
        const limit = quota - due.length;
        if (priority !== undefined && limit > 0) lanes.push({ appName, priority, limit });
      }
      const byApp = Map.groupBy(await this.#dueOf(db, lanes, nowMs), ({ app_name }) => app_name);
      for (const { appName, due } of offers) due.push(...(byApp.get(appName) ?? []));
    }
    return offers.map(({ due }) => due);
  }

  /** The first of each lane, in order. They are locked, and those that others have locked are not found. */
  async #dueOf(db: Kysely<Tables>, lanes: readonly Lane[], nowMs: number): Promise<Due[]> {
    if (lanes.length === 0) return [];
    const queries = lanes.map(({ appName, priority, limit }) => {
      const due = db
        .selectFrom("queue")
        .select(["app_name", "call_id", "due_at_ms"])
        .where("state", "=", "waiting")
        .where("app_name", "=", appName)
        .where("priority", "=", priority)
        .where("due_at_ms", "<=", nowMs)
        .orderBy("due_at_ms")
        .orderBy("call_id")
        .limit(limit);
      return db.selectFrom(this.#transactions.lock(due, "skip").as("due")).selectAll();
    });
    return queries
      .reduce((all, one) => all.unionAll(one))
      .orderBy("due_at_ms")
      .orderBy("call_id")
      .execute();
  }
}

/** The calls of one app that have one priority, some of the first of which are wanted. */
interface Lane {
  readonly appName: string;
  readonly priority: Priority;
  readonly limit: number;
}

interface Lease {
  readonly holder: string;
  readonly limit: number;
  readonly nowMs: number;
  readonly leaseEndsAtMs: number;
}

type Due = Pick<Selectable<Tables["queue"]>, "app_name" | "call_id" | "due_at_ms">;

/** The first of each list, then the second of each, and so on. */
function interleave<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, place) =>
    lists.flatMap((list) => list.slice(place, place + 1)),
  ).flat();
}

async function take(
  db: Kysely<Tables>,
  picks: readonly Due[],
  { holder, leaseEndsAtMs }: Lease,
): Promise<void> {
  if (picks.length === 0) return;
  const ids = idsOf(picks);
  await db
    .updateTable("queue")
    .set({ state: "leased", holder, lease_ends_at_ms: leaseEndsAtMs })
    .where("call_id", "in", ids)
    .execute();
  await updateCalls(db, ids)
    .set(({ eb }) => ({ status: "running", attempts: eb("attempts", "+", 1) }))
    .execute();
}

/** Those calls, found by way of the queue: it alone finds them without the names of their apps. */
function updateCalls(db: Kysely<Tables>, ids: readonly string[]) {
  return db
    .updateTable("calls")
    .from("queue")
    .where("queue.call_id", "in", ids)
    .whereRef("calls.app_name", "=", "queue.app_name")
    .whereRef("calls.id", "=", "queue.call_id");
}

function idsOf(rows: readonly { readonly call_id: string }[]): string[] {
  return rows.map(({ call_id }) => call_id);
}
