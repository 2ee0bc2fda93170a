import { Chain, type Linked } from "../clock/chain.ts";
import type { Clock } from "../clock/clock.ts";
import { GrowthGauge } from "./growth-gauge.ts";
import type { PoolTimes } from "./start-rule.ts";

/** How much the newest sample moves an average at most: enough to follow a change within a few calls. */
const NEWEST_WEIGHT_MAX = 0.3;
/** And at least, when calls end faster than time passes. */
const NEWEST_WEIGHT_MIN = 0.01;
/** What the average of a quick function looks back on: a moment in which the machine stalls is no change. */
const LOOK_BACK_MS = 250;

/** What a pool has learnt of its function: how long runs and starts take, and what more containers bring. */
export class Experience<Container extends object> {
  readonly #clock: Clock;
  readonly #growth = new GrowthGauge();
  /** The containers that have a call; the one that has had it for longest first. */
  readonly #busy = new Chain<Busy>();
  readonly #busyOf = new WeakMap<Container, Busy>();
  #lineSinceNs: number | undefined;
  #runMs: number | undefined;
  /** When a call ended last. */
  #lastRunNs: number | undefined;
  #startMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get times(): PoolTimes {
    const oldestNs = this.#busy.first?.sinceNs;
    const stalledMs = Math.min(this.#msSince(oldestNs), this.#msSince(this.#lastRunNs ?? oldestNs));
    return { runMs: this.#runMs, startMs: this.#startMs, stalledMs };
  }

  /** For how long calls have waited without a container being idle in between. */
  get lineAgeMs(): number {
    return this.#msSince(this.#lineSinceNs);
  }

  /** Whether the last ones of so many containers brought anything; undefined while not measured. */
  growthPays(containers: number): boolean | undefined {
    return this.#growth.growthPays(containers);
  }

  /** A call waits. */
  lineBegan(): void {
    this.#lineSinceNs ??= this.#clock.monotonicNs();
  }

  /** A container is idle: nobody waits. */
  lineEnded(): void {
    this.#lineSinceNs = undefined;
  }

  runBegan(container: Container): void {
    let busy = this.#busyOf.get(container);
    if (!busy) {
      busy = new Busy();
      this.#busyOf.set(container, busy);
    }
    busy.sinceNs = this.#clock.monotonicNs();
    this.#busy.append(busy);
  }

  /** `isBehind`: all `containers` are busy, and calls wait for them. */
  runEnded(container: Container, containers: number, isBehind: boolean): void {
    const busy = this.#busyOf.get(container);
    if (!busy || !this.#busy.remove(busy)) return;
    const nowNs = this.#clock.monotonicNs();
    const runMs = (nowNs - busy.sinceNs) / 1e6;
    const pauseMs = (nowNs - (this.#lastRunNs ?? nowNs)) / 1e6;
    this.#runMs = average(this.#runMs, runMs, pauseMs / LOOK_BACK_MS);
    this.#lastRunNs = nowNs;
    if (isBehind) this.#growth.add(containers, runMs, nowNs / 1e6);
  }

  started(startMs: number): void {
    this.#startMs = average(this.#startMs, startMs, NEWEST_WEIGHT_MAX);
  }

  #msSince(sinceNs: number | undefined): number {
    return sinceNs === undefined ? 0 : (this.#clock.monotonicNs() - sinceNs) / 1e6;
  }
}

/** A container with a call, or one that had one. */
class Busy implements Linked<Busy> {
  previous: Busy | undefined = undefined;
  next: Busy | undefined = undefined;
  /** When it got the call, in monotonic ns. */
  sinceNs = 0;
}

function average(averageMs: number | undefined, newestMs: number, weight: number): number {
  if (averageMs === undefined) return newestMs;
  return (
    averageMs + Math.min(Math.max(weight, NEWEST_WEIGHT_MIN), NEWEST_WEIGHT_MAX) * (newestMs - averageMs)
  );
}
