import { abortSignalOf, type CancelSignal } from "../clock/cancel.ts";
import type { Clock } from "../clock/clock.ts";
import { FnError } from "../model/errors.ts";
import { Budget, type Release } from "./budget.ts";
import type { LaunchSpec } from "./launch-spec.ts";
import type { Launcher } from "./launcher.ts";
import type { LiveContainer } from "./live-container.ts";
import { retryAfterS } from "./patience.ts";

export interface ColdCallsOptions {
  readonly launcher: Launcher;
  readonly clock: Clock;
  /** Containers of one function at a time, at most. */
  readonly containersMax: number;
}

/** Containers that serve one call each. */
export class ColdCalls {
  readonly #options: ColdCallsOptions;
  /** The places of each function that has calls. */
  readonly #places = new Map<string, Budget>();
  /** Containers with a call, and what gives their places back. */
  readonly #running = new Map<LiveContainer, Release>();
  #waiting = 0;

  constructor(options: ColdCallsOptions) {
    this.#options = options;
  }

  get counts(): { readonly waiting: number; readonly busy: number } {
    return { waiting: this.#waiting, busy: this.#running.size };
  }

  /**
   * A container for one call, with these variables. Waits at most `waitMs` for all that its start needs, then rejects
   * with `server_busy`; rejects with the signal's reason, and with a LaunchError when it cannot be started.
   */
  async acquire(
    spec: LaunchSpec,
    env: Readonly<Record<string, string>>,
    waitMs: number,
    cancelSignal: CancelSignal,
  ): Promise<LiveContainer> {
    const { launcher } = this.#options;
    const signal = abortSignalOf(cancelSignal);
    const { releasePlace, admission } = await this.#withinWait(waitMs, signal, async (waitSignal) => {
      const releasePlace = await this.#place(spec.key, waitSignal);
      try {
        return {
          releasePlace,
          admission: await launcher.admit({ spec, isFirst: false, signal: waitSignal }),
        };
      } catch (error) {
        releasePlace();
        throw error;
      }
    });
    try {
      const container = await launcher.start(spec, admission, env, signal);
      this.#running.set(container, releasePlace);
      return container;
    } catch (error) {
      releasePlace();
      throw error;
    }
  }

  /** The call is over, and so is its container: memory stays reserved until it is gone. */
  async release(container: LiveContainer): Promise<void> {
    const releasePlace = this.#running.get(container);
    this.#running.delete(container);
    await container.remove();
    releasePlace?.();
  }

  /** Runs what waits, with a signal that is aborted when the call is, or when it has waited long enough. */
  async #withinWait<T>(
    waitMs: number,
    signal: AbortSignal,
    wait: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const cancel = new AbortController();
    const onAbort = () => cancel.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = this.#options.clock.after(waitMs, () => cancel.abort(busyAfter(waitMs)));
    this.#waiting++;
    try {
      return await wait(cancel.signal);
    } finally {
      this.#waiting--;
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** One of the containers that the function may have at a time. */
  async #place(key: string, signal: AbortSignal): Promise<Release> {
    const places = this.#places.get(key) ?? new Budget(this.#options.containersMax);
    this.#places.set(key, places);
    const forgetIfUnused = () => {
      if (places.used === 0 && places.waiting === 0) this.#places.delete(key);
    };
    try {
      const release = await places.acquire(1, key, signal);
      return () => {
        release();
        forgetIfUnused();
      };
    } catch (error) {
      forgetIfUnused();
      throw error;
    }
  }
}

/** Nothing is known but that nothing came free for so long. */
function busyAfter(waitedMs: number): FnError {
  const nothing = { waiting: 0, idle: 0, busy: 0, starting: 0 };
  const unknown = { runMs: undefined, startMs: undefined, stalledMs: 0 };
  return new FnError("server_busy", {}, { retryAfterS: retryAfterS(nothing, unknown, waitedMs) });
}
