import type { Clock, Timer } from "../clock/clock.ts";

/**
 * An alarm that is set anew far more often than it goes off, such as once for each request of a connection. Setting it
 * is writing down a time: the one timer beneath it looks, when it fires, whether that time has come.
 */
export class LazyAlarm {
  readonly #clock: Clock;
  readonly #action: () => void;
  #dueNs = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #timerAtNs = 0;

  constructor(clock: Clock, action: () => void) {
    this.#clock = clock;
    this.#action = action;
  }

  /** Goes off once, `delayMs` from now, whatever was set before. */
  set(delayMs: number): void {
    this.#dueNs = this.#clock.monotonicNs() + delayMs * 1e6;
    if (!this.#timer || this.#timerAtNs > this.#dueNs) this.#arm(delayMs);
  }

  /** Does not go off until it is set again. */
  clear(): void {
    this.#dueNs = Number.POSITIVE_INFINITY;
  }

  /** As `clear`, and leaves no timer. */
  close(): void {
    this.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    this.#timerAtNs = this.#clock.monotonicNs() + delayMs * 1e6;
    this.#timer = this.#clock.after(delayMs, this.#onTimer);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    const leftMs = (this.#dueNs - this.#clock.monotonicNs()) / 1e6;
    if (leftMs <= 0) {
      this.clear();
      this.#action();
    } else if (Number.isFinite(leftMs)) {
      this.#arm(leftMs);
    }
  };
}
