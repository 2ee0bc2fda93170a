/** The shortest that is told from shorter ones. */
const MS_MIN = 0.01;
/** Steps for each doubling, so that a value is known to 5 %. */
const STEPS = 8;
/** From 10 µs up to 11 minutes; what takes longer counts as that. */
const DOUBLINGS = 26;

/** How long things took, in so little room that there may be thousands: counts of lengths, and no lengths. */
export class Latencies {
  readonly #counts = new Uint32Array(STEPS * DOUBLINGS);
  #count = 0;

  add(ms: number): void {
    const step = ms <= MS_MIN ? 0 : Math.floor(Math.log2(ms / MS_MIN) * STEPS);
    const place = Math.min(step, this.#counts.length - 1);
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#count++;
  }

  /** What this share of them, from 0 to 1, did not take longer than, in milliseconds; 0 when there are none. */
  quantileMs(share: number): number {
    let left = Math.max(1, Math.ceil(this.#count * share));
    if (this.#count === 0) return 0;
    for (const [step, count] of this.#counts.entries()) {
      left -= count;
      // The middle of the step, which is at most half a step away from each of its values.
      if (left <= 0) return MS_MIN * 2 ** ((step + 0.5) / STEPS);
    }
    return 0;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
  }
}
