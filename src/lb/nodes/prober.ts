import { type Clock, sleep } from "../../clock/clock.ts";
import type { CheckResult } from "./health.ts";
import type { HealthCheck } from "./health-check.ts";

interface ProberOptions {
  readonly check: HealthCheck;
  /** From the begin of one check to the begin of the next; a check that takes longer is waited for. */
  readonly intervalMs: number;
  /** After this a check has failed. */
  readonly timeoutMs: number;
  /** Told of each result, with the reason when it failed. */
  readonly onResult: (node: string, result: CheckResult, reason?: unknown) => void;
  readonly clock: Clock;
}

interface Watch {
  readonly end: AbortController;
  /** Resolved with the first result. */
  readonly first: PromiseWithResolvers<void>;
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
    const watch = { end: new AbortController(), first: Promise.withResolvers<void>() };
    this.#watched.set(node, watch);
    // Its last word, too, is a first result for those who wait for one.
    void this.#run(node, watch).finally(watch.first.resolve);
  }

  /** Resolves when each node that is watched now has had a result, or is watched no more. */
  async checkedOnce(): Promise<void> {
    await Promise.all([...this.#watched.values()].map(({ first }) => first.promise));
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

  async #run(node: string, { end: { signal }, first }: Watch): Promise<void> {
    const { clock, intervalMs, onResult } = this.#options;
    while (!signal.aborted) {
      const beganNs = clock.monotonicNs();
      const reason = await this.#failureOf(node, signal);
      if (signal.aborted) return;
      onResult(node, { passed: reason === undefined, beganNs }, reason);
      first.resolve();

      const tookMs = (clock.monotonicNs() - beganNs) / 1e6;
      await sleep(clock, Math.max(intervalMs - tookMs, 0), signal).catch(() => {});
    }
  }

  /** Why the node fails a check; undefined when it passes. */
  async #failureOf(node: string, signal: AbortSignal): Promise<unknown> {
    const { check, clock, timeoutMs } = this.#options;
    const timeout = new AbortController();
    const timer = clock.after(timeoutMs, () => {
      timeout.abort(new Error(`no answer to the health check within ${timeoutMs} ms`));
    });
    try {
      await check(node, AbortSignal.any([signal, timeout.signal]));
      return undefined;
    } catch (error) {
      return error ?? new Error("the health check failed");
    } finally {
      timer.cancel();
    }
  }
}
