import type { Clock, Timer } from "./clock.ts";

interface Alarm {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
}

/** A clock that moves only when a test says so. Alarms go off in order of time, then of creation. */
export class FakeClock implements Clock {
  #elapsedMs = 0;
  #order = 0;
  readonly #alarms = new Set<Alarm>();
  readonly #startMs: number;

  constructor(startMs = Date.parse("2018-01-22T10:00:00Z")) {
    this.#startMs = startMs;
  }

  nowMs(): number {
    return this.#startMs + Math.floor(this.#elapsedMs);
  }

  monotonicNs(): number {
    return this.#elapsedMs * 1e6;
  }

  after(delayMs: number, action: () => void): Timer {
    const alarm = { atMs: this.#elapsedMs + Math.max(delayMs, 0), order: this.#order++, action };
    this.#alarms.add(alarm);
    return { cancel: () => this.#alarms.delete(alarm) };
  }

  /** How many alarms are set: zero after a clean stop. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Moves time forward, letting promises settle before, between and after the alarms that go off. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await settle();
    for (let next = this.#nextAlarm(endMs); next; next = this.#nextAlarm(endMs)) {
      this.#alarms.delete(next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.action();
      await settle();
    }
    this.#elapsedMs = endMs;
  }

  #nextAlarm(endMs: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.atMs > endMs) continue;
      if (!next || alarm.atMs < next.atMs || (alarm.atMs === next.atMs && alarm.order < next.order)) {
        next = alarm;
      }
    }
    return next;
  }
}

/** Lets every promise that is ready run, and those that become ready by it. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
