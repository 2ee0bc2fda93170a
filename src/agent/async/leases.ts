import type { Logger } from "pino";
import type { Clock, Timer } from "../../clock/clock.ts";
import type { QueueStore } from "../../store/store.ts";

/** Until a failed renewal is tried again: soon enough for two more before the leases end. */
const RETRY_MS_MAX = 1000;

export interface LeasesOptions {
  readonly queue: Pick<QueueStore, "renew">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly holder: string;
  readonly leaseMs: number;
}

/** Holds on to calls: all of them are renewed together, three times in a lease. */
export class Leases {
  readonly #options: LeasesOptions;
  /** The calls that are held, and who is told when one is lost. */
  readonly #held = new Map<string, () => void>();
  #timer: Timer | undefined;
  #isRenewing = false;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /**
   * A call was claimed; `onLost` is told when it is no longer this holder's: taken back, or taken by another. Returns what
   * ends the renewals: the call has left the queue, or went back into it.
   */
  hold(callId: string, onLost: () => void): () => void {
    this.#held.set(callId, onLost);
    this.#renewLater(this.#options.leaseMs / 3);
    return () => {
      // One that went back may have been claimed again before this one hears of it.
      if (this.#held.get(callId) === onLost) this.#letGo(callId);
    };
  }

  #letGo(callId: string): void {
    this.#held.delete(callId);
    if (this.#held.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #renewLater(delayMs: number): void {
    if (this.#isRenewing) return;
    this.#timer ??= this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      void this.#renew();
    });
  }

  async #renew(): Promise<void> {
    const { queue, holder, leaseMs, log } = this.#options;
    const callIds = [...this.#held.keys()];
    let nextMs = leaseMs / 3;
    this.#isRenewing = true;
    try {
      const kept = new Set(await queue.renew(holder, callIds, leaseMs));
      for (const callId of callIds) if (!kept.has(callId)) this.#lose(callId);
    } catch (error) {
      log.warn({ err: error, calls: callIds.length }, "leases could not be renewed; will try again");
      nextMs = Math.min(nextMs, RETRY_MS_MAX);
    }
    this.#isRenewing = false;
    if (this.#held.size > 0) this.#renewLater(nextMs);
  }

  #lose(callId: string): void {
    const onLost = this.#held.get(callId);
    this.#letGo(callId);
    onLost?.();
  }
}
