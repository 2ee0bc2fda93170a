import type { Logger } from "pino";
import { type Clock, sleep } from "../clock/clock.ts";
import type { Random } from "../clock/random.ts";
import type { CallStore } from "../store/store.ts";

/** Calls in one transaction: gone in some milliseconds, so that nobody else waits long. */
export const BATCH = 500;

/** Between two rounds, in the middle: what is kept too long is then a small part of what is kept. */
export const INTERVAL_MS = 5 * 60 * 1000;

/** How long what nodes have recorded is kept. */
export interface Retention {
  /** Calls that ended longer ago are removed, in milliseconds; undefined keeps them. */
  readonly keepMs: number | undefined;
  /** Of each app, all but so many of the newest are removed, 1 or more; undefined keeps all. */
  readonly callsPerAppMax: number | undefined;
}

interface PrunerOptions {
  readonly calls: Pick<CallStore, "prune">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly retention: Retention;
}

/**
 * Removes what need not be kept, in rounds: each goes on until nothing is left to remove, and rests as long as it works.
 * All nodes of a store do this, at times of their own. What has expired by itself goes whatever the retention is.
 */
export class Pruner {
  readonly #options: PrunerOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #isFailing = false;

  constructor(options: PrunerOptions) {
    this.#options = options;
  }

  /** The first round comes after an interval: a start has better things to do. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the batch that has begun is over. May be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    const { signal } = this.#stopping;
    while (await hasSlept(clock, INTERVAL_MS * (0.5 + random.next()), signal)) await this.#round();
  }

  async #round(): Promise<void> {
    const { calls, clock, log, retention } = this.#options;
    const rule = { ...ruleOf(retention, clock.nowMs()), limit: BATCH };
    try {
      for (let beginNs = clock.monotonicNs(); (await calls.prune(rule)) > 0; beginNs = clock.monotonicNs()) {
        const tookMs = (clock.monotonicNs() - beginNs) / 1e6;
        if (!(await hasSlept(clock, tookMs, this.#stopping.signal))) return;
      }
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) log.error({ err: error }, "old calls could not be removed; will try again");
      this.#isFailing = true;
    }
  }
}

/** What `CallStore.prune` is asked at a time. */
export function ruleOf(
  { keepMs, callsPerAppMax }: Retention,
  nowMs: number,
): { readonly olderThanMs: number; readonly perApp: number } {
  return {
    olderThanMs: keepMs === undefined ? 0 : Math.max(0, nowMs - keepMs),
    perApp: callsPerAppMax ?? Number.POSITIVE_INFINITY,
  };
}

/** False when it was woken up by the signal. */
function hasSlept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(clock, ms, signal).then(
    () => true,
    () => false,
  );
}
