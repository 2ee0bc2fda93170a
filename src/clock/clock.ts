import type { CancelSignal } from "./cancel.ts";

/**
 * Time, handed in. Nothing but `main` makes a real clock; tests advance a fake one, so no test sleeps.
 */
export interface Clock {
  /** Wall-clock time in Unix milliseconds: for records and deadlines that people or functions read. */
  nowMs(): number;
  /**
   * Monotonic time in nanoseconds from an arbitrary origin: for measuring.
   * A double holds it exactly for the first 104 days and to 2 ns after that.
   */
  monotonicNs(): number;
  /** Runs `action` once, `delayMs` from now. */
  after(delayMs: number, action: () => void): Timer;
}

export interface Timer {
  /** Forgets the action; does nothing once it has run. */
  cancel(): void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicNs: () => performance.now() * 1e6,
  after(delayMs, action) {
    // Node fires at once, and warns, when a delay does not fit 31 bits.
    const timer = setTimeout(action, Math.min(Math.max(delayMs, 0), 2 ** 31 - 1));
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: CancelSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** The promise's value, or undefined when it has none after `waitMs`. */
export function within<T>(clock: Clock, waitMs: number, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(waitMs, () => resolve(undefined));
    promise.finally(() => timer.cancel()).then(resolve, reject);
  });
}
