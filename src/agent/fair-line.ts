import { OVERTAKEN_MAX } from "./overtaking.ts";

/** One that waits. */
export interface Entry<T> {
  readonly value: T;
  readonly key: string;
  readonly isUrgent: boolean;
  /** Everyone of a round is served before the next round begins. */
  readonly round: number;
  /** How many that came later went before it. */
  overtaken: number;
}

/**
 * A line that is fair between keys: they take turns, and whoever wants many things does not hold up those who want
 * one. Each entry belongs to a round; a key has one entry in each, from the round that is being served on. (Start-time
 * fair queueing, with every entry counting the same.)
 *
 *     a a a a, then b b, then c      is served as      a | b c a | b a | a
 *
 * Within a round, urgent ones go first, but at most `OVERTAKEN_MAX` of those that came later pass one that is not.
 */
export class FairLine<T> {
  /** In the order in which they are to be served. */
  readonly #entries: Entry<T>[] = [];
  /** The round in which a key may have its next entry; those that may have one in this round are left out. */
  readonly #nextRounds = new Map<string, number>();
  /** The round of the entry served last. */
  #round = 0;

  get size(): number {
    return this.#entries.length;
  }

  get first(): Entry<T> | undefined {
    return this.#entries[0];
  }

  /** As it is now: it may be changed while one goes through it. */
  inOrder(): readonly Entry<T>[] {
    return [...this.#entries];
  }

  add(key: string, value: T, isUrgent = false): Entry<T> {
    const round = Math.max(this.#round, this.#nextRounds.get(key) ?? 0);
    const entry = { value, key, isUrgent, round, overtaken: 0 };
    this.#nextRounds.set(key, round + 1);
    let place = this.#entries.length;
    for (; place > 0; place--) {
      const before = this.#entries[place - 1];
      if (!before || !goesBefore(entry, before)) break;
      if (before.round === round) before.overtaken++;
    }
    this.#entries.splice(place, 0, entry);
    return entry;
  }

  /** Takes out one that is served now. */
  serve(entry: Entry<T>): void {
    this.#takeOut(entry);
    if (entry.round > this.#round) {
      this.#round = entry.round;
      for (const [key, next] of this.#nextRounds) if (next <= this.#round) this.#nextRounds.delete(key);
    }
    this.#forgetIfEmpty();
  }

  /** Takes out one that does not want to be served any more. */
  leave(entry: Entry<T>): void {
    if (!this.#takeOut(entry)) return;
    // As if it had never come, when it was the last of its key.
    if (this.#nextRounds.get(entry.key) === entry.round + 1) this.#nextRounds.set(entry.key, entry.round);
    this.#forgetIfEmpty();
  }

  #takeOut(entry: Entry<T>): boolean {
    const place = this.#entries.indexOf(entry);
    if (place >= 0) this.#entries.splice(place, 1);
    return place >= 0;
  }

  #forgetIfEmpty(): void {
    if (this.#entries.length > 0) return;
    this.#nextRounds.clear();
    this.#round = 0;
  }
}

function goesBefore(newest: Entry<unknown>, other: Entry<unknown>): boolean {
  if (newest.round !== other.round) return newest.round < other.round;
  return newest.isUrgent && !other.isUrgent && other.overtaken < OVERTAKEN_MAX;
}
