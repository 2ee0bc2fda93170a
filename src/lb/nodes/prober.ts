import { type Clock, sleep } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import type { CheckResult } from "./health.ts";
import type { HealthCheck } from "./health-check.ts";

/** By how much of the interval the time between two checks varies, to either side. */
const JITTER = 0.1;
/** After `hurry` the checks come so soon after each other at first, then at twice that, up to the interval. */
const HURRY_MS = 100;

interface ProberOptions {
  readonly check: HealthCheck;
  /** From the begin of one check to the begin of the next; a check that takes longer is waited for. */
  readonly intervalMs: number;
  /** After this a check has failed. */
  readonly timeoutMs: number;
  /** Told of each result, with the reason when it failed. */
  readonly onResult: (node: string, result: CheckResult, reason?: unknown) => void;
  readonly clock: Clock;
  /** Varies the interval a little, so that the checks of many nodes and balancers do not fall together; absent: not. */
  readonly random?: Random;
}

interface Watch {
  readonly end: AbortController;
  /** Resolved with the first result. */
  readonly first: PromiseWithResolvers<void>;
  /** Until the next check, if that is less than the interval. */
  hurryMs: number;
  /** In monotonic nanoseconds. */
  hurriedAtNs: number;
  /** Ends the pause between two checks. */
  wake: () => void;
}

/** Checks each watched node at once and then at every interval, one check of a node at a time. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #watched = new Map<string, Watch>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Begins to check a node; does nothing for one that is watched already. */
  watch(node: string): void {
    if (this.#watched.has(node)) return;
    const watch: Watch = {
      end: new AbortController(),
      first: Promise.withResolvers<void>(),
      hurryMs: Number.POSITIVE_INFINITY,
      hurriedAtNs: Number.NEGATIVE_INFINITY,
      wake() {},
    };
    this.#watched.set(node, watch);
    // Its last word, too, is a first result for those who wait for one.
    void this.#run(node, watch).finally(watch.first.resolve);
  }

  /** Resolves when each node that is watched now has had a result, or is watched no more. */
  async checkedOnce(): Promise<void> {
    await Promise.all([...this.#watched.values()].map(({ first }) => first.promise));
  }

  /**
   * Checks a node now, and more often than usual until a check passes: it has just gone down, and may be back in a
   * moment. Does nothing for one that is not watched.
   */
  hurry(node: string): void {
    const watch = this.#watched.get(node);
    if (!watch) return;
    watch.hurryMs = HURRY_MS;
    watch.hurriedAtNs = this.#options.clock.monotonicNs();
    watch.wake();
  }

  /** Ends the checks of a node; one that is under way is broken off and has no result. */
  unwatch(node: string): void {
    this.#watched.get(node)?.end.abort();
    this.#watched.delete(node);
  }

  /** Ends all checks. */
  stop(): void {
    for (const node of [...this.#watched.keys()]) this.unwatch(node);
  }

  async #run(node: string, watch: Watch): Promise<void> {
    const { clock, onResult } = this.#options;
    const { signal } = watch.end;
    while (!signal.aborted) {
      const beganNs = clock.monotonicNs();
      const { isDraining = false, failure } = await this.#ask(node, signal);
      if (signal.aborted) return;
      const passed = failure === undefined;
      if (passed && beganNs >= watch.hurriedAtNs) watch.hurryMs = Number.POSITIVE_INFINITY;
      onResult(node, { passed, isDraining, beganNs }, failure);
      watch.first.resolve();
      await this.#pause(watch, beganNs);
    }
  }

  /** Until the next check is due. */
  async #pause(watch: Watch, beganNs: number): Promise<void> {
    const { clock, intervalMs, random } = this.#options;
    const tookMs = (clock.monotonicNs() - beganNs) / 1e6;
    const factor = random ? 1 + JITTER * (2 * random.next() - 1) : 1;
    const periodMs = Math.min(intervalMs * factor, watch.hurryMs);
    watch.hurryMs *= 2;
    const woken = new AbortController();
    watch.wake = () => woken.abort();
    const signal = AbortSignal.any([watch.end.signal, woken.signal]);
    await sleep(clock, Math.max(periodMs - tookMs, 0), signal).catch(() => {});
    watch.wake = () => {};
  }

  /** What the node says, or why it fails the check. */
  async #ask(node: string, signal: AbortSignal): Promise<{ isDraining?: boolean; failure?: unknown }> {
    const { check, clock, timeoutMs } = this.#options;
    const timeout = new AbortController();
    const timer = clock.after(timeoutMs, () => {
      timeout.abort(new Error(`no answer to the health check within ${timeoutMs} ms`));
    });
    try {
      return await check(node, AbortSignal.any([signal, timeout.signal]));
    } catch (error) {
      return { failure: error ?? new Error("the health check failed") };
    } finally {
      timer.cancel();
    }
  }
}
