import type { Kysely, UpdateObject } from "kysely";
import type { Call } from "../../model/call.ts";
import { FnError } from "../../model/errors.ts";
import type { QueuedCall } from "../../model/queued-call.ts";
import type { CallEnd, Claim, ClaimedCall, IdempotencyKey, QueueStore } from "../store.ts";
import { deleteAnswer, insertAnswer } from "./answers.ts";
import { toCall, toCallRow } from "./call-rows.ts";
import { Claims } from "./claims.ts";
import { takeKey } from "./idempotency-keys.ts";
import { deleteLog, replaceLog } from "./logs.ts";
import type { Notices } from "./notices.ts";
import { DEAD, isHeldBy, WAITING } from "./queue-states.ts";
import { insertRequest } from "./requests.ts";
import type { Tables } from "./tables.ts";
import type { Transactions } from "./transactions.ts";

/**
 * A row of `queue` is in one of three states, and its call has the status that goes with it:
 *
 *     enqueue ─► waiting ──claim──► leased ──finish──► (no row: the call has ended)
 *                (queued) ◄─putBack─ (running) ─finish─► dead (error, timeout)
 *                         ◄─end of the lease, at the next claim
 *                         ◄─redrive──────────────────── dead
 *     cancel: from any of them to no row (cancelled)
 *
 * Every move is a change of the row that names the state it comes from, and the holder where there is one: of two that
 * want to move it at once one finds it, and the other is refused. The row of `queue` is always locked before that of `calls`.
 */
export class SqlQueueStore implements QueueStore {
  readonly #transactions: Transactions;
  readonly #notices: Notices;
  readonly #claims: Claims;

  constructor(transactions: Transactions, notices: Notices) {
    this.#transactions = transactions;
    this.#notices = notices;
    this.#claims = new Claims(transactions);
  }

  enqueue(queued: QueuedCall, idempotency?: IdempotencyKey): Promise<string> {
    const { call, request, priority, dueAtMs } = queued;
    return this.#transactions.writeBeside(async (db) => {
      const nowMs = await this.#transactions.nowMs(db);
      const id = idempotency ? await takeKey(db, idempotency, call, nowMs) : call.id;
      if (id !== call.id) return id;
      const row = toCallRow({ ...call, attempts: 0, isDead: false });
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("calls")
        .values(row)
        .onConflict((conflict) => conflict.columns(["app_name", "id"]).doNothing())
        .executeTakeFirst();
      // It is there, and may even have ended: whoever sent it did not hear of it.
      if (!numInsertedOrUpdatedRows) return id;
      const { numInsertedOrUpdatedRows: queuedRows } = await db
        .insertInto("queue")
        .values({
          call_id: id,
          app_name: call.appName,
          fn_id: call.fnId,
          ...WAITING,
          priority,
          // One without a delay is due now, whatever the clock of its node says.
          due_at_ms: dueAtMs > call.createdAtMs ? dueAtMs : Math.min(dueAtMs, nowMs),
          refusals: 0,
        })
        .onConflict((conflict) => conflict.column("call_id").doNothing())
        .executeTakeFirst();
      if (!queuedRows) throw new FnError("call_id_taken");
      await insertRequest(db, id, request);
      this.#notices.enqueued(db);
      return id;
    });
  }

  claim(claim: Claim): Promise<ClaimedCall[]> {
    return this.#claims.claim(claim);
  }

  async renew(holder: string, callIds: readonly string[], leaseMs: number): Promise<string[]> {
    if (callIds.length === 0) return [];
    return this.#transactions.writeBeside(async (db) => {
      const nowMs = await this.#transactions.nowMs(db);
      const rows = await db
        .updateTable("queue")
        .set({ lease_ends_at_ms: nowMs + leaseMs })
        .where(isHeldBy(holder, ...callIds))
        .returning("call_id")
        .execute();
      return rows.map(({ call_id }) => call_id);
    });
  }

  async finish(holder: string, { record, answer, keepAnswerMs }: CallEnd): Promise<boolean> {
    const { call, log } = record;
    if (call.completedAtMs === undefined || (call.isDead && call.status === "success")) {
      throw new Error(`call ${call.id} cannot end as ${call.status}${call.isDead ? ", dead" : ""}`);
    }
    return this.#transactions.writeBeside(async (db) => {
      const isHeld = call.isDead ? await bury(db, holder, call.id) : await takeOut(db, holder, call.id);
      if (!isHeld) return false;
      const { status, error, started_at_ms, completed_at_ms, timeline, is_dead } = toCallRow(call);
      await updateCall(db, call, { status, error, started_at_ms, completed_at_ms, timeline, is_dead });
      const key = { appName: call.appName, callId: call.id };
      const isRepeated = (call.attempts ?? 1) > 1 && call.startedAtMs !== undefined;
      if (log !== "") await replaceLog(db, key, log);
      else if (isRepeated) await deleteLog(db, key);
      if (answer) {
        const nowMs = await this.#transactions.nowMs(db);
        await insertAnswer(db, key, answer, nowMs + keepAnswerMs);
      }
      return true;
    });
  }

  putBack(
    holder: string,
    callId: string,
    { delayMs, wasRun, error, log = "" }: Parameters<QueueStore["putBack"]>[2],
  ): Promise<boolean> {
    return this.#transactions.writeBeside(async (db) => {
      const nowMs = await this.#transactions.nowMs(db);
      const row = await db
        .updateTable("queue")
        .set(({ eb, lit }) => ({
          ...WAITING,
          due_at_ms: nowMs + delayMs,
          refusals: wasRun ? lit(0) : eb("refusals", "+", 1),
        }))
        .where(isHeldBy(holder, callId))
        .returning("app_name")
        .executeTakeFirst();
      if (!row) return false;
      await db
        .updateTable("calls")
        .set(({ eb }) => ({ status: "queued", error, attempts: eb("attempts", "-", wasRun ? 0 : 1) }))
        .where("app_name", "=", row.app_name)
        .where("id", "=", callId)
        .execute();
      if (log !== "") await replaceLog(db, { appName: row.app_name, callId }, log);
      this.#notices.enqueued(db);
      return true;
    });
  }

  cancel(appName: string, callId: string): Promise<Call> {
    return this.#transactions.writeBeside(async (db) => {
      const { numDeletedRows } = await db
        .deleteFrom("queue")
        .where("call_id", "=", callId)
        .where("app_name", "=", appName)
        .executeTakeFirst();
      if (numDeletedRows === 0n) {
        await readCall(db, appName, callId);
        throw new FnError("call_ended");
      }
      await updateCall(
        db,
        { appName, id: callId },
        {
          status: "cancelled",
          error: null,
          completed_at_ms: await this.#transactions.nowMs(db),
          is_dead: 0,
        },
      );
      return readCall(db, appName, callId);
    });
  }

  redrive(appName: string, callId: string): Promise<Call> {
    return this.#transactions.writeBeside(async (db) => {
      const { numUpdatedRows } = await db
        .updateTable("queue")
        .set({ ...WAITING, due_at_ms: await this.#transactions.nowMs(db), refusals: 0 })
        .where("call_id", "=", callId)
        .where("app_name", "=", appName)
        .where("state", "=", "dead")
        .executeTakeFirst();
      if (numUpdatedRows === 0n) {
        await readCall(db, appName, callId);
        throw new FnError("call_not_dead");
      }
      await updateCall(db, { appName, id: callId }, REDRIVEN);
      // What its last attempt left would be taken for what the next one leaves.
      await deleteLog(db, { appName, callId });
      await deleteAnswer(db, { appName, callId });
      this.#notices.enqueued(db);
      return readCall(db, appName, callId);
    });
  }

  nextDueInMs(): Promise<number | undefined> {
    return this.#transactions.read(async (db) => {
      const { dueAtMs, leaseEndsAtMs } = await db
        .selectNoFrom(({ selectFrom }) => [
          selectFrom("queue")
            .select(({ fn }) => fn.min("due_at_ms").as("min"))
            .where("state", "=", "waiting")
            .as("dueAtMs"),
          selectFrom("queue")
            .select(({ fn }) => fn.min("lease_ends_at_ms").as("min"))
            .where("lease_ends_at_ms", "is not", null)
            .as("leaseEndsAtMs"),
        ])
        .executeTakeFirstOrThrow();
      if (dueAtMs === null && leaseEndsAtMs === null) return undefined;
      const nextAtMs = Math.min(
        dueAtMs ?? Number.POSITIVE_INFINITY,
        leaseEndsAtMs ?? Number.POSITIVE_INFINITY,
      );
      return Math.max(0, nextAtMs - (await this.#transactions.nowMs(db)));
    });
  }

  async counts(): Promise<{ readonly queued: number; readonly running: number; readonly dead: number }> {
    const rows = await this.#transactions.read((db) =>
      db
        .selectFrom("queue")
        .select(({ fn }) => ["state", fn.countAll<number>().as("count")])
        .groupBy("state")
        .execute(),
    );
    const count = (state: string) => Number(rows.find((row) => row.state === state)?.count ?? 0);
    return { queued: count("waiting"), running: count("leased"), dead: count("dead") };
  }

  onEnqueued(listener: () => void): () => void {
    return this.#notices.onEnqueued(listener);
  }
}

const REDRIVEN = {
  status: "queued",
  error: null,
  started_at_ms: null,
  completed_at_ms: null,
  timeline: "{}",
  attempts: 0,
  is_dead: 0,
} as const;

/** From leased to dead; false when it is not this holder's. */
async function bury(db: Kysely<Tables>, holder: string, callId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("queue")
    .set(DEAD)
    .where(isHeldBy(holder, callId))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** From leased to no row, and no request any more; false when it is not this holder's. */
async function takeOut(db: Kysely<Tables>, holder: string, callId: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom("queue").where(isHeldBy(holder, callId)).executeTakeFirst();
  return numDeletedRows > 0n;
}

async function updateCall(
  db: Kysely<Tables>,
  { appName, id }: { readonly appName: string; readonly id: string },
  values: UpdateObject<Tables, "calls">,
): Promise<void> {
  await db.updateTable("calls").set(values).where("app_name", "=", appName).where("id", "=", id).execute();
}

/** Errors: `call_not_found`. */
async function readCall(db: Kysely<Tables>, appName: string, callId: string): Promise<Call> {
  const row = await db
    .selectFrom("calls")
    .selectAll()
    .where("app_name", "=", appName)
    .where("id", "=", callId)
    .executeTakeFirst();
  if (!row) throw new FnError("call_not_found");
  return toCall(row);
}
