import { nextStep } from "../../agent/async/retry-rule.ts";
import { Cancel, type CancelSignal } from "../../clock/cancel.ts";
import { type Clock, type Timer, within } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import type { Call, CallRecord } from "../../model/call.ts";
import { FnError } from "../../model/errors.ts";
import { FN_DEFAULTS, FN_LIMITS } from "../../model/fn.ts";
import type { ClaimedCall, FnInApp, Store } from "../../store/store.ts";

/** How long a call that was handed out is kept for its runner to start it. API reference, 5.1. */
export const LEASE_MS = 60_000;
/** How long a runner waits for a call, at most. API reference, 5.3. */
export const POLL_MS = 30_000;
/** How long a runner may take, once the timeout of a call is over, until it has told how the call ended. */
export const REPORT_MS = 60_000;
/** Past that, how long the call stays this runner's, so that this node can end it before another takes it. */
const GIVE_UP_MS = 30_000;
/** Between two looks at a queue that says it has something and gives nothing: another has taken it. */
const LOOK_AGAIN_MS = 100;

/** A call to be run, and what it runs. */
export interface Assignment {
  readonly claimed: ClaimedCall;
  readonly called: FnInApp;
}

/**
 * The queue as runners use it that have no database: they take a call, say that they start it, and tell how it ended. A call
 * that was taken and not started comes back when its lease ends; one that was started never runs a second time, unless
 * its function says that it may (`retries`), and ends as an error when its runner is not heard of again.
 */
export class RunnerQueue {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Calls that runners have started, by id: when each of these goes off, its runner is given up. */
  readonly #started = new Map<string, Timer>();
  /** Aborted when nobody is to wait for a call any more. */
  readonly #draining = new Cancel();

  constructor(options: { readonly store: Store; readonly clock: Clock; readonly random: Random }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  /** The next call for a runner; undefined when there is none for so long, or the runner has left. */
  async take(runner: string, gone: CancelSignal): Promise<Assignment | undefined> {
    const assignment = await this.#claimInTime(runner, gone);
    if (!assignment || !gone.aborted) return assignment;
    const back = { delayMs: 0, wasRun: false, error: "The runner left before it got the call" };
    await this.#store.queue.putBack(runner, assignment.claimed.call.id, back);
    return undefined;
  }

  /** A runner begins a call. Errors: `call_not_reserved`, when it is too late or another has the call. */
  async start(runner: string, call: Call): Promise<void> {
    const called = await this.#store.fns.get(call.fnId);
    const reportMs = (called?.fn.timeoutS ?? FN_LIMITS.timeoutAsyncS) * 1000 + REPORT_MS;
    const held = await this.#store.queue.renew(runner, [call.id], reportMs + GIVE_UP_MS);
    if (!held.includes(call.id)) throw new FnError("call_not_reserved");
    this.#forget(call.id);
    this.#started.set(
      call.id,
      this.#clock.after(reportMs, () => void this.#giveUp(runner, call)),
    );
  }

  /** A runner tells how a call of the queue ended; nothing happens when the call is not this runner's any more. */
  async finish(runner: string, record: CallRecord): Promise<void> {
    const { call, log } = record;
    const { queue } = this.#store;
    const { fn } = (await this.#store.fns.get(call.fnId)) ?? { fn: FN_DEFAULTS };
    const { attempts = 1, error: sentence = "" } = call;
    const error = call.status === "success" ? undefined : new FnError("function_failed");
    const step = nextStep({ error, wasRun: true, attempts, refusals: 0 }, fn, this.#random);
    const wasHeld =
      step.kind === "finish"
        ? await queue.finish(runner, {
            record: { ...record, call: { ...call, isDead: step.isDead } },
            keepAnswerMs: 0,
          })
        : await queue.putBack(runner, call.id, { delayMs: step.delayMs, wasRun: true, error: sentence, log });
    if (wasHeld) this.#forget(call.id);
  }

  /** The node goes down: who waits for a call is told that there is none, and so is whoever asks from now on. */
  drain(): void {
    this.#draining.abort(new FnError("server_stopping"));
  }

  /** Forgets the calls that runners have: when their leases end, others run them. */
  close(): void {
    this.drain();
    for (const id of this.#started.keys()) this.#forget(id);
  }

  #forget(callId: string): void {
    this.#started.get(callId)?.cancel();
    this.#started.delete(callId);
  }

  async #claimInTime(runner: string, gone: CancelSignal): Promise<Assignment | undefined> {
    const { queue } = this.#store;
    const untilNs = this.#clock.monotonicNs() + POLL_MS * 1e6;
    let bell = Promise.withResolvers<void>();
    const ring = () => bell.resolve();
    const unsubscribe = queue.onEnqueued(ring);
    const ends = [gone, this.#draining];
    for (const end of ends) end.addEventListener("abort", ring, { once: true });
    try {
      while (!ends.some(({ aborted }) => aborted)) {
        // New before each look, so that what comes during the look is not missed.
        bell = Promise.withResolvers();
        const rung = bell.promise;
        const [claimed] = await queue.claim({ holder: runner, limit: 1, leaseMs: LEASE_MS });
        if (claimed) {
          const assignment = await this.#assign(runner, claimed);
          if (assignment) return assignment;
          continue;
        }
        const leftMs = (untilNs - this.#clock.monotonicNs()) / 1e6;
        if (leftMs <= 0) return undefined;
        const dueInMs = (await queue.nextDueInMs()) ?? leftMs;
        await within(this.#clock, Math.min(leftMs, Math.max(dueInMs, LOOK_AGAIN_MS)), rung);
      }
      return undefined;
    } finally {
      unsubscribe();
      for (const end of ends) end.removeEventListener("abort", ring);
    }
  }

  /** What the call runs; a call whose function was removed meanwhile ends here. */
  async #assign(runner: string, claimed: ClaimedCall): Promise<Assignment | undefined> {
    const { call, request } = claimed;
    const called = await this.#store.fns.get(call.fnId);
    if (!called) {
      await this.#end(runner, call, new FnError("fn_not_found").message);
      return undefined;
    }
    const trigger =
      request.triggerId === undefined ? undefined : await this.#store.triggers.get(request.triggerId);
    return { claimed, called: trigger ? { ...called, trigger } : called };
  }

  /** Without the database nothing happens here: the lease ends, and another runs the call. */
  async #giveUp(runner: string, call: Call): Promise<void> {
    this.#forget(call.id);
    try {
      const { status, attempts } = (await this.#store.calls.get(call.appName, call.id)) ?? {};
      // It may have ended through another node, and this runner may be at its next attempt.
      const isStillRunning = status === "running" && attempts === call.attempts;
      if (isStillRunning) await this.#end(runner, call, "The runner did not tell how the call ended");
    } catch {}
  }

  async #end(runner: string, call: Call, error: string): Promise<void> {
    const ended = { ...call, status: "error", error, completedAtMs: this.#clock.nowMs() } as const;
    await this.finish(runner, { call: ended, log: "" });
  }
}
