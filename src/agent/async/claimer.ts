import type { Logger } from "pino";
import type { Clock, Timer } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import type { ClaimedCall, QueueStore } from "../../store/store.ts";
import { storeRetryMs } from "./retry-rule.ts";

/**
 * A look at the queue that nothing asked for finds what nobody told of, such as calls that a dead node has left. Half of this
 * to half as much again, so that nodes do not look at the same moment.
 */
const LOOK_MS = 5000;
/** Calls that become due one soon after the other are claimed together. */
const LOOK_MS_MIN = 20;
/** Without room: until the load of this node is looked at again. The queue is not asked for that. */
const CROWDED_LOOK_MS = 500;

export interface ClaimerOptions {
  readonly queue: Pick<QueueStore, "claim" | "nextDueInMs" | "onEnqueued">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly holder: string;
  readonly leaseMs: number;
  /** How many calls may be claimed now. */
  readonly room: () => number;
  readonly onClaimed: (calls: readonly ClaimedCall[]) => void;
}

/** Claims calls from the queue: as soon as one is enqueued or due, and there is room for it. */
export class Claimer {
  readonly #options: ClaimerOptions;
  #forgetListener: (() => void) | undefined;
  #timer: Timer | undefined;
  #timerAtNs = Number.POSITIVE_INFINITY;
  #looking: Promise<void> | undefined;
  /** Something happened that the look under way may have missed. */
  #isWoken = false;
  /** There was no room when the queue was to be looked at. */
  #isCrowded = false;
  #isStopped = false;
  /** In a row. */
  #failures = 0;

  constructor(options: ClaimerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#forgetListener = this.#options.queue.onEnqueued(() => this.#look());
    this.#look();
  }

  /** Claims no more; resolves when the claim under way is over. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#forgetListener?.();
    this.#timer?.cancel();
    await this.#looking;
  }

  /** There may be more room than there was. */
  roomChanged(): void {
    if (this.#isCrowded) this.#look();
  }

  /** Looks at the queue after so long, or before. */
  lookWithin(delayMs: number): void {
    const { clock } = this.#options;
    const atNs = clock.monotonicNs() + delayMs * 1e6;
    if (this.#isStopped || atNs >= this.#timerAtNs) return;
    this.#timer?.cancel();
    this.#timerAtNs = atNs;
    this.#timer = clock.after(delayMs, () => this.#look());
  }

  #look(): void {
    if (this.#isStopped) return;
    this.#isWoken = true;
    this.#looking ??= this.#lookWhileWoken().then((delayMs) => {
      this.#looking = undefined;
      this.lookWithin(delayMs);
    });
  }

  /** Resolves with how long it is until the next look. */
  async #lookWhileWoken(): Promise<number> {
    let delayMs = 0;
    while (this.#isWoken && !this.#isStopped) {
      this.#isWoken = false;
      this.#timer?.cancel();
      this.#timerAtNs = Number.POSITIVE_INFINITY;
      delayMs = await this.#claim();
    }
    return delayMs;
  }

  async #claim(): Promise<number> {
    const { queue, log, random, holder, leaseMs, room, onClaimed } = this.#options;
    try {
      for (let isMore = true; isMore && !this.#isStopped; ) {
        const limit = room();
        this.#isCrowded = limit === 0;
        if (this.#isCrowded) return CROWDED_LOOK_MS;
        const calls = await queue.claim({ holder, limit, leaseMs });
        if (calls.length > 0) onClaimed(calls);
        isMore = calls.length === limit;
      }
      const dueInMs = (await queue.nextDueInMs()) ?? LOOK_MS;
      if (this.#failures > 0) log.info("the queue can be reached again");
      this.#failures = 0;
      return Math.min(Math.max(dueInMs, LOOK_MS_MIN), (0.5 + random.next()) * LOOK_MS);
    } catch (error) {
      if (this.#failures === 0) log.error({ err: error }, "the queue cannot be reached; will try again");
      return storeRetryMs(this.#failures++, random);
    }
  }
}
