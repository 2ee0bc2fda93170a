import type { Clock, Timer } from "../../../clock/clock.ts";

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
}

/**
 * The clock of the simulator: it jumps from event to event, all within one turn of the program. A `FakeClock` lets promises
 * settle in between, of which there are none here, and takes a hundred times as long.
 */
export class EventClock implements Clock {
  #nowMs = 0;
  #order = 0;
  /** A binary heap: each event is due no later than those at twice its index plus 1 and 2. */
  readonly #events: Event[] = [];

  nowMs(): number {
    return Math.floor(this.#nowMs);
  }

  monotonicNs(): number {
    return this.#nowMs * 1e6;
  }

  /** The present in milliseconds since the start, with fractions. */
  get elapsedMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): Timer {
    let isCancelled = false;
    this.#push({
      atMs: this.#nowMs + delayMs,
      order: this.#order++,
      action: () => isCancelled || action(),
    });
    return {
      cancel: () => {
        isCancelled = true;
      },
    };
  }

  /** Lets all happen that is due until then. */
  runUntil(endMs: number): void {
    for (let next = this.#events[0]; next && next.atMs <= endMs; next = this.#events[0]) {
      this.#pop();
      this.#nowMs = next.atMs;
      next.action();
    }
    this.#nowMs = endMs;
  }

  #push(event: Event): void {
    const events = this.#events;
    let at = events.push(event) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = events[above];
      if (other === undefined || !isBefore(event, other)) break;
      events[at] = other;
      at = above;
    }
    events[at] = event;
  }

  #pop(): void {
    const events = this.#events;
    const last = events.pop();
    if (last === undefined || events.length === 0) return;
    let at = 0;
    for (;;) {
      const [left, right] = [events[2 * at + 1], events[2 * at + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, last)) break;
      events[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    events[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
