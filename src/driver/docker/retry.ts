import { type Clock, sleep } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";

/** Time and chance, for everything that waits before it tries again. */
export interface Backoff {
  readonly clock: Clock;
  readonly random: Random;
}

const FIRST_DELAY_MS = 25;
/** An engine that restarts is back within seconds; asking more rarely than this would only add to them. */
const DELAY_MS_MAX = 2_000;

/** Waits before try number `tries` + 1: full jitter, so that many who fail at once do not come back at once. */
export function backOff({ clock, random }: Backoff, tries: number, signal?: AbortSignal): Promise<void> {
  return sleep(clock, random.next() * Math.min(FIRST_DELAY_MS * 2 ** tries, DELAY_MS_MAX), signal);
}

/** Runs at most `parallelMax` actions at a time; the others wait in line. */
export class Lane {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(parallelMax: number) {
    this.#free = parallelMax;
  }

  async run<T>(action: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await action();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
