import { Chain, type Linked } from "../../clock/chain.ts";
import { hashOf } from "./rendezvous.ts";

/** Callers choose the paths, so what is remembered of them has a bound. */
export const FUNCTIONS_MAX = 100_000;

/** A function that is not called for so long is forgotten: 10 minutes, longer than containers stay idle. */
export const UNUSED_MS_MAX = 600_000;

/** An entry is not moved again before this has passed: the order is so exact, and most uses find nothing to do. */
const ORDER_MS = 10_000;

/** How many outdated entries one use removes: more than it can add, so that none outlives the rest for long. */
const FORGOTTEN_AT_ONCE = 2;

/**
 * Entries of one bucket. There are about as many buckets as entries, so that only callers who choose their paths for it
 * ever come so far: they then make each other forgotten, and nobody else slow.
 */
const BUCKET_ENTRIES_MAX = 16;

/** What an entry of a table extends, with itself as the parameter. */
export class TableEntry<Self> implements Linked<Self> {
  readonly key: string;
  readonly hash: number;
  /** For the table: when it was used, to ten seconds, its neighbours in that order, and the next of its bucket. */
  usedMs = 0;
  previous: Self | undefined = undefined;
  next: Self | undefined = undefined;
  nextOfBucket: Self | undefined = undefined;

  constructor(key: string) {
    this.key = key;
    this.hash = hashOf(key);
  }
}

/**
 * What is remembered of functions, by their keys. The one unused for longest goes when there are too many, and each goes
 * when it is unused for too long. Nothing ever walks all of them: each use looks at the oldest two.
 *
 * It is a hash table of its own, since with a hundred thousand functions nearly every memory access waits for the memory:
 * a `Map` makes three times as many of them to find an entry.
 */
export class FnTable<Entry extends TableEntry<Entry>> {
  readonly #buckets: (Entry | undefined)[];
  readonly #create: (key: string) => Entry;
  readonly #entriesMax: number;
  /** Those used last stand last. */
  readonly #order = new Chain<Entry>();

  constructor(create: (key: string) => Entry, entriesMax = FUNCTIONS_MAX) {
    this.#create = create;
    this.#entriesMax = entriesMax;
    this.#buckets = new Array<Entry | undefined>(2 ** Math.ceil(Math.log2(entriesMax))).fill(undefined);
  }

  get size(): number {
    return this.#order.size;
  }

  /** The entry of a function, made when there is none. `nowMs` never goes back. */
  use(key: string, nowMs: number): Entry {
    const hash = hashOf(key);
    let entry = this.#buckets[this.#bucketOf(hash)];
    while (entry !== undefined && (entry.hash !== hash || entry.key !== key)) entry = entry.nextOfBucket;
    if (entry === undefined) {
      entry = this.#add(key);
      this.#append(entry, nowMs);
    } else if (nowMs - entry.usedMs >= ORDER_MS) {
      this.#order.remove(entry);
      this.#append(entry, nowMs);
    }
    this.#forgetOldest(nowMs);
    return entry;
  }

  /** All entries, the most recently used first. */
  *newestFirst(): Generator<Entry> {
    for (let entry = this.#order.last; entry !== undefined; entry = entry.previous) yield entry;
  }

  #bucketOf(hash: number): number {
    return hash & (this.#buckets.length - 1);
  }

  /** A new entry, the first of its bucket. */
  #add(key: string): Entry {
    const entry = this.#create(key);
    const bucket = this.#bucketOf(entry.hash);
    let last = this.#buckets[bucket];
    for (let count = 1; last !== undefined && count < BUCKET_ENTRIES_MAX; count++) last = last.nextOfBucket;
    if (last !== undefined) this.#forget(last);
    entry.nextOfBucket = this.#buckets[bucket];
    this.#buckets[bucket] = entry;
    return entry;
  }

  #forgetOldest(nowMs: number): void {
    for (let count = 0; count < FORGOTTEN_AT_ONCE; count++) {
      const oldest = this.#order.first;
      if (oldest === undefined) return;
      if (this.size <= this.#entriesMax && nowMs - oldest.usedMs < UNUSED_MS_MAX) return;
      this.#forget(oldest);
    }
  }

  #forget(entry: Entry): void {
    this.#order.remove(entry);
    const bucket = this.#bucketOf(entry.hash);
    let before = this.#buckets[bucket];
    if (before === entry) {
      this.#buckets[bucket] = entry.nextOfBucket;
      return;
    }
    while (before !== undefined && before.nextOfBucket !== entry) before = before.nextOfBucket;
    if (before !== undefined) before.nextOfBucket = entry.nextOfBucket;
  }

  #append(entry: Entry, nowMs: number): void {
    entry.usedMs = nowMs;
    this.#order.append(entry);
  }
}
