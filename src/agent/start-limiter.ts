import type { Clock } from "../clock/clock.ts";
import { type Entry, FairLine } from "./fair-line.ts";
import { type Climb, firstClimb, nextClimb } from "./start-climb.ts";

/** The turn to start a container. */
export interface Turn {
  /** It is over; works once. A start that failed tells nothing about how long starts take. */
  end(isUp: boolean): void;
}

export interface StartLimiterOptions {
  readonly clock: Clock;
  /** As many containers start at a time to begin with. */
  readonly cores: number;
}

/** Beyond this, starts of one function would only wait for each other inside the container engine. */
const STARTS_PER_CORE_MAX = 4;
/**
 * So much starting may be under way per core in any case, in milliseconds. Starts of a few milliseconds wait for their
 * next step more than they compute, and many of them at a time are over sooner than one slow start.
 */
const UNDER_WAY_MS_PER_CORE = 50;
/** Of the newest start in what starts take lately: a few of them show when slow ones come. */
const NEWEST_WEIGHT = 0.3;
/** Starts in one sample, per start in flight and at least: enough that a slow one among them does not decide. */
const STARTS_PER_SAMPLE = 3;
const SAMPLE_STARTS_MIN = 6;

/**
 * How many containers may start at a time: about one per core, since more only lengthen each start, and from there as
 * many as the machine turns out to start soonest; more where starts are over in a few milliseconds. Functions take
 * turns, and one without any container goes first in its turn: one that wants fifty more does not hold up the first
 * container of another.
 */
export class StartLimiter {
  readonly #clock: Clock;
  readonly #cores: number;
  readonly #bounds: { readonly min: number; readonly max: number };
  readonly #line = new FairLine<() => void>();
  #climb: Climb;
  #inFlight = 0;
  /** Of starts that began with this limit reached: how many, and how long they took in all. */
  #starts = 0;
  #startsMs = 0;
  /** What starts take lately. */
  #recentMs: number | undefined;

  constructor({ clock, cores }: StartLimiterOptions) {
    this.#clock = clock;
    this.#cores = cores;
    this.#bounds = { min: 1, max: STARTS_PER_CORE_MAX * cores };
    this.#climb = firstClimb(cores);
  }

  /** How many may be in flight now. */
  get max(): number {
    if (this.#recentMs === undefined) return this.#climb.limit;
    const short = Math.floor((UNDER_WAY_MS_PER_CORE * this.#cores) / Math.max(this.#recentMs, START_MS_MIN));
    return Math.max(this.#climb.limit, Math.min(short, this.#bounds.max));
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** Resolves when it is the function's turn; rejects with the signal's reason when it is aborted first. */
  acquire(key: string, isFirst: boolean, signal: AbortSignal): Promise<Turn> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#line.leave(entry);
        reject(signal.reason);
      };
      const grant = () => {
        signal.removeEventListener("abort", onAbort);
        this.#line.serve(entry);
        resolve(this.#begin());
      };
      const entry: Entry<() => void> = this.#line.add(key, grant, isFirst);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#serve();
    });
  }

  #begin(): Turn {
    this.#inFlight++;
    const beganNs = this.#clock.monotonicNs();
    // Only with the limit reached does a start take as long as it does under that limit.
    const limit = this.#inFlight === this.max ? this.max : undefined;
    let isOver = false;
    return {
      end: (isUp) => {
        if (isOver) return;
        isOver = true;
        this.#inFlight--;
        if (isUp) this.#learn((this.#clock.monotonicNs() - beganNs) / 1e6, limit);
        this.#serve();
      },
    };
  }

  #learn(startMs: number, limit: number | undefined): void {
    if (limit === this.#climb.limit && limit === this.max) this.#climbBy(startMs);
    const recentMs = this.#recentMs ?? startMs;
    this.#recentMs = recentMs + NEWEST_WEIGHT * (startMs - recentMs);
  }

  #climbBy(startMs: number): void {
    const { limit } = this.#climb;
    this.#starts++;
    this.#startsMs += startMs;
    if (this.#starts < Math.max(SAMPLE_STARTS_MIN, STARTS_PER_SAMPLE * limit)) return;
    const averageMs = Math.max(this.#startsMs / this.#starts, START_MS_MIN);
    this.#climb = nextClimb(this.#climb, limit / averageMs, this.#bounds);
    this.#starts = 0;
    this.#startsMs = 0;
  }

  #serve(): void {
    while (this.#inFlight < this.max) {
      const { first } = this.#line;
      if (!first) return;
      first.value();
    }
  }
}

/** Nothing starts quicker than this; it keeps the division sane when clocks are coarse. */
const START_MS_MIN = 1;
