import { Alarms } from "../clock/alarms.ts";
import type { CancelSignal } from "../clock/cancel.ts";
import { Chain, type Linked } from "../clock/chain.ts";
import type { Clock, Timer } from "../clock/clock.ts";

/** One call in line. */
class Waiter<Slot> implements Linked<Waiter<Slot>> {
  previous: Waiter<Slot> | undefined = undefined;
  next: Waiter<Slot> | undefined = undefined;
  readonly slot = Promise.withResolvers<Slot>();
  /** When it has waited long enough, in monotonic ns. */
  readonly deadlineNs: number;
  readonly #signal: CancelSignal;
  readonly #timer: Timer;
  readonly #onLeave: (waiter: Waiter<Slot>) => void;

  constructor(
    deadlineNs: number,
    signal: CancelSignal,
    startTimer: (waiter: Waiter<Slot>) => Timer,
    onLeave: (waiter: Waiter<Slot>) => void,
  ) {
    this.deadlineNs = deadlineNs;
    this.#signal = signal;
    this.#onLeave = onLeave;
    this.#timer = startTimer(this);
    signal.addEventListener("abort", this.#onAbort);
  }

  take(slot: Slot): void {
    this.#leave();
    this.slot.resolve(slot);
  }

  fail(reason: unknown): void {
    this.#leave();
    this.slot.reject(reason);
  }

  readonly #onAbort = (): void => this.fail(this.#signal.reason);

  #leave(): void {
    this.#timer.cancel();
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#onLeave(this);
  }
}

/**
 * The free slots of one function, and the calls that wait for one.
 *
 * Slots are a stack: the one released last is taken first, so that after a burst those at the bottom stay unused and
 * reach their idle timeout. Calls stand in line: first come, first served. Either one of the two is empty: a slot that
 * comes free goes straight to the first in line.
 */
export class SlotQueue<Slot> {
  readonly #free: Slot[] = [];
  readonly #waiters = new Chain<Waiter<Slot>>();
  readonly #clock: Clock;
  readonly #alarms: Alarms;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#alarms = new Alarms(clock);
  }

  /** How many calls wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** How many slots are free. */
  get free(): number {
    return this.#free.length;
  }

  /** The slot released last, if one is free. */
  takeFree(): Slot | undefined {
    return this.#free.pop();
  }

  /**
   * Waits in line for a slot, for at most `waitMs`. Rejects with `onTimeout()` when that has passed, with the
   * signal's reason when it is aborted, and with what `failAll` is given.
   */
  wait(waitMs: number, onTimeout: () => unknown, signal: CancelSignal): Promise<Slot> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const nowNs = this.#clock.monotonicNs();
    const startTimer = (waiter: Waiter<Slot>) =>
      this.#alarms.after(waitMs, nowNs, () => waiter.fail(onTimeout()));
    const waiter = new Waiter<Slot>(nowNs + waitMs * 1e6, signal, startTimer, this.#onLeave);
    this.#waiters.append(waiter);
    return waiter.slot.promise;
  }

  readonly #onLeave = (waiter: Waiter<Slot>): void => {
    this.#waiters.remove(waiter);
  };

  /** Hands a slot to the first in line. False when nobody waits: the slot is then on top of the stack. */
  release(slot: Slot): boolean {
    const { first } = this.#waiters;
    if (first) first.take(slot);
    else this.#free.push(slot);
    return first !== undefined;
  }

  /** Takes a slot out of the stack. False when it is not there: somebody has taken it, who keeps it. */
  withdraw(slot: Slot): boolean {
    const index = this.#free.indexOf(slot);
    if (index < 0) return false;
    this.#free.splice(index, 1);
    return true;
  }

  /**
   * Refuses those at the end of the line for whom it is too long, as `isTooLong` says of how many stand before them and
   * how long they may still wait; the first one who may stay ends it.
   */
  failLast(isTooLong: (ahead: number, leftMs: number) => boolean, reasonOf: () => unknown): void {
    const nowNs = this.#clock.monotonicNs();
    for (const waiter of this.#waiters.members().reverse()) {
      if (!isTooLong(this.waiting - 1, (waiter.deadlineNs - nowNs) / 1e6)) return;
      waiter.fail(reasonOf());
    }
  }

  /** Tells everyone in line that there is no slot to wait for. */
  failAll(reason: unknown): void {
    for (const waiter of this.#waiters.members()) waiter.fail(reason);
  }
}
