import type { Ids } from "../../clock/ids.ts";
import type { ClaimedCall, QueueStore } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { Claimer } from "./claimer.ts";
import { HeldCall, type HeldCallOptions, type HeldState } from "./held-call.ts";
import { Leases } from "./leases.ts";
import { claimable, type Load } from "./room.ts";

/** How long a call stays with a node that is not heard of any more, in milliseconds. */
export const LEASE_MS = 30_000;
/** What is kept of the body of an answer, unless told. */
export const ANSWER_BYTES_MAX = 1024 * 1024;
/** How long an answer is kept, unless told: a day. */
export const KEEP_ANSWER_MS = 24 * 3_600_000;

export interface AsyncCallsOptions
  extends Pick<HeldCallOptions, "fnOf" | "clock" | "random" | "log" | "observer"> {
  readonly agent: Pick<Agent, "submit" | "state">;
  readonly queue: QueueStore;
  readonly ids: Ids;
  readonly leaseMs?: number;
  readonly answerBytesMax?: number;
  readonly keepAnswerMs?: number;
}

/**
 * Runs the calls that nobody waits for: claims them from the queue when there is room, has the agent run them, and tells the
 * queue how they ended.
 */
export class AsyncCalls {
  readonly #options: AsyncCallsOptions;
  readonly #callOptions: HeldCallOptions;
  readonly #leases: Leases;
  readonly #claimer: Claimer;
  readonly #held = new Map<HeldCall, Promise<void>>();
  /** Aborted when there is no more time to wait for a store that cannot be reached. */
  readonly #givingUp = new AbortController();
  #isStopping = false;
  #stopped: Promise<void> | undefined;

  constructor(options: AsyncCallsOptions) {
    const { leaseMs = LEASE_MS, answerBytesMax = ANSWER_BYTES_MAX, keepAnswerMs = KEEP_ANSWER_MS } = options;
    const holder = options.ids.next();
    this.#options = options;
    this.#leases = new Leases({ ...options, holder, leaseMs });
    this.#claimer = new Claimer({
      ...options,
      holder,
      leaseMs,
      room: () => claimable(this.#load()),
      onClaimed: (calls) => this.#take(calls),
    });
    this.#callOptions = {
      ...options,
      holder,
      answerBytesMax,
      keepAnswerMs,
      onMove: () => this.#claimer.roomChanged(),
      onPutBack: (delayMs) => this.#claimer.lookWithin(delayMs),
      givingUp: this.#givingUp.signal,
    };
  }

  /** Begins to claim calls. */
  start(): void {
    this.#claimer.start();
  }

  /**
   * Claims no more. Calls that no container has go back into the queue at once, and those that still run after `graceMs`
   * too, so that other nodes need not wait until the leases end. Comes before the end of the agent and of the store.
   */
  stop(graceMs: number): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async #stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    for (const call of this.#held.keys()) if (call.state !== "running") call.leave();
    const grace = this.#options.clock.after(graceMs, () => {
      for (const call of this.#held.keys()) call.leave();
      this.#givingUp.abort();
    });
    await this.#claimer.stop();
    await Promise.all(this.#held.values());
    grace.cancel();
  }

  #take(calls: readonly ClaimedCall[]): void {
    this.#options.observer.asyncClaimed(calls.length);
    for (const claimed of calls) {
      // Its lease had ended while the store was away, and nobody else was quicker: the run under way goes on, and what came
      // of one that has ended is still told.
      if (this.#isUnderWay(claimed.call.id)) continue;
      const call = new HeldCall(claimed, this.#callOptions);
      if (this.#isStopping) call.leave();
      this.#held.set(call, this.#hold(call));
    }
  }

  async #hold(call: HeldCall): Promise<void> {
    const letGo = this.#leases.hold(call.id, () => call.lose());
    await call.handle();
    letGo();
    this.#held.delete(call);
    this.#claimer.roomChanged();
  }

  #isUnderWay(callId: string): boolean {
    return this.#held.keys().some(({ id, isUnderWay }) => id === callId && isUnderWay);
  }

  #load(): Load {
    const counts: Record<HeldState, number> = { claimed: 0, waiting: 0, running: 0, ending: 0 };
    for (const { state } of this.#held.keys()) counts[state]++;
    return { ...this.#options.agent.state, waiting: counts.claimed + counts.waiting, ending: counts.ending };
  }
}
