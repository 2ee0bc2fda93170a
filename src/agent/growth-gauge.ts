/** Runs that are averaged before anything is said, at least; or one per container, if that is more. */
const RUNS_MIN = 4;
/** And for so long: a machine that others use too has better and worse moments, and each average should hold both. */
const MEASURE_MS_MIN = 500;
/**
 * Added containers pay when at least this part of what they promise comes true: less, and it may as well be that the
 * function has merely become quicker since its first calls.
 */
const PAYS_SHARE = 0.7;
/** By what factor runs with the same containers must differ for the function to be taken as changed. */
const CHANGED_FACTOR = 4;
/** No run is quicker than this; it keeps the division sane when clocks are coarse. */
const RUN_MS_MIN = 0.001;

/**
 * Measures, while calls wait in line, whether the containers added last serve more calls. With all of them busy, so
 * many containers serve (containers / run time) calls in a millisecond; half as many more should serve half as many
 * more. When cores, memory or a database behind the function are what is short, runs become longer instead.
 */
export class GrowthGauge {
  #containers = 0;
  #runs = 0;
  #sinceMs = 0;
  #averageMs = 0;
  /** Once enough was measured: over how many runs, and what their average was. */
  #settled: { readonly runs: number; readonly averageMs: number } | undefined;
  /** With the containers there were before: how many, and what they served per millisecond. */
  #before: { readonly containers: number; readonly perMs: number } | undefined;

  /** A call that ended now has run so long while all `containers` were busy and others waited. */
  add(containers: number, runMs: number, nowMs: number): void {
    if (containers !== this.#containers) this.#moveTo(containers);
    this.#runs++;
    // The first ones began while there were fewer containers.
    const runs = this.#runs - containers;
    if (runs <= 0) this.#sinceMs = nowMs;
    else this.#average(runs, runMs, nowMs);
  }

  /** Undefined until enough was measured with as many containers as there are now. */
  growthPays(containers: number): boolean | undefined {
    if (containers !== this.#containers || !this.#settled) return undefined;
    const before = this.#before;
    if (!before) return true;
    const promised = containers / before.containers - 1;
    const came = this.#perMs / before.perMs - 1;
    return came >= PAYS_SHARE * promised;
  }

  #average(runs: number, runMs: number, nowMs: number): void {
    const settled = this.#settled;
    this.#averageMs += (runMs - this.#averageMs) / Math.min(runs, settled?.runs ?? runs);
    if (!settled) {
      const isEnough =
        runs >= Math.max(RUNS_MIN, this.#containers) && nowMs - this.#sinceMs >= MEASURE_MS_MIN;
      if (isEnough) this.#settled = { runs, averageMs: this.#averageMs };
      return;
    }
    const factor = this.#averageMs / settled.averageMs;
    if (factor <= CHANGED_FACTOR && factor >= 1 / CHANGED_FACTOR) return;
    // Another function, in effect: what was measured before says nothing about it.
    this.#before = undefined;
    this.#settled = { ...settled, averageMs: this.#averageMs };
  }

  #moveTo(containers: number): void {
    if (containers < this.#containers) this.#before = undefined;
    else if (this.#settled) this.#before = { containers: this.#containers, perMs: this.#perMs };
    this.#containers = containers;
    this.#runs = 0;
    this.#averageMs = 0;
    this.#settled = undefined;
  }

  get #perMs(): number {
    return this.#containers / Math.max(this.#averageMs, RUN_MS_MIN);
  }
}
