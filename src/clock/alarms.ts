import { Chain, type Linked } from "./chain.ts";
import type { Clock, Timer } from "./clock.ts";

/**
 * Many deadlines that are hardly ever reached, over one timer: setting one and forgetting it costs two steps of a
 * chain, which is a fraction of what a timer of its own would.
 */
export class Alarms {
  readonly #clock: Clock;
  readonly #entries = new Chain<Entry>();
  #timer: Timer | undefined;
  #timerAtNs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `action` once, `delayMs` from `nowNs`, which is the present in monotonic ns. */
  after(delayMs: number, nowNs: number, action: () => void): Timer {
    const entry = new Entry(this, nowNs + Math.max(delayMs, 0) * 1e6, action);
    this.#entries.append(entry);
    if (entry.dueNs < this.#timerAtNs) this.#arm(entry.dueNs, nowNs);
    return entry;
  }

  /** For entries. */
  forget(entry: Entry): void {
    this.#entries.remove(entry);
    if (this.#entries.size > 0) return;
    // Nothing is left behind that would keep a process alive.
    this.#timer?.cancel();
    this.#timerAtNs = Number.POSITIVE_INFINITY;
  }

  #arm(dueNs: number, nowNs: number): void {
    this.#timer?.cancel();
    this.#timerAtNs = dueNs;
    this.#timer = this.#clock.after((dueNs - nowNs) / 1e6, this.#onTimer);
  }

  readonly #onTimer = (): void => {
    this.#timerAtNs = Number.POSITIVE_INFINITY;
    const nowNs = this.#clock.monotonicNs();
    // A timer may fire a moment early, by the fraction of a millisecond that it does not know.
    const due = this.#entries.members().filter(({ dueNs }) => dueNs <= nowNs + EARLY_NS);
    // One that goes off may forget another, or set one.
    for (const entry of due) if (this.#entries.remove(entry)) entry.action();
    let nextNs = Number.POSITIVE_INFINITY;
    for (const { dueNs } of this.#entries.members()) nextNs = Math.min(nextNs, dueNs);
    if (nextNs < this.#timerAtNs) this.#arm(nextNs, nowNs);
  };
}

class Entry implements Timer, Linked<Entry> {
  previous: Entry | undefined = undefined;
  next: Entry | undefined = undefined;
  readonly dueNs: number;
  readonly action: () => void;
  readonly #alarms: Alarms;

  constructor(alarms: Alarms, dueNs: number, action: () => void) {
    this.#alarms = alarms;
    this.dueNs = dueNs;
    this.action = action;
  }

  cancel(): void {
    this.#alarms.forget(this);
  }
}

const EARLY_NS = 1e6;
