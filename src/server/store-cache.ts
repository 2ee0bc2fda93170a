import { type Clock, within } from "../clock/clock.ts";
import { FnError } from "../model/errors.ts";
import type { Store } from "../store/store.ts";

/**
 * How long the store's change counter is trusted before it is read again: what another process changed is served at
 * the latest after this. Changes made through this process are served at once (`clear`).
 */
const TRUST_MS = 50;
/** A counter that takes longer to read is that of a store in trouble: nobody waits for it. */
const CHECK_MS_MAX = 250;
/** How long a value may take to be found: less than a client's patience, more than a busy store needs. */
const LOOKUP_MS_MAX = 5000;

export interface StoreCacheOptions {
  readonly store: Pick<Store, "changeCount">;
  readonly clock: Clock;
  /** Values kept, at most; the one unused for longest goes first. */
  readonly entriesMax: number;
  /** Told when what is kept is forgotten. */
  readonly onClear?: () => void;
}

/**
 * What a store has under some keys, without a query for each use. Only what exists is kept, and only until something in the
 * store changes. While the store is away, what is known goes on being used, and nobody waits to hear that it is still away.
 */
export class StoreCache<V> {
  readonly #options: StoreCacheOptions;
  readonly #entries = new Map<string, V>();
  readonly #lookups = new Map<string, Promise<V | undefined>>();
  #changeCount = -1;
  #checking: Promise<void> | undefined;
  #checkedAtNs = Number.NEGATIVE_INFINITY;
  /** The change counter could not be read, or not in time. */
  #isStoreAway = false;

  constructor(options: StoreCacheOptions) {
    this.#options = options;
  }

  /** Whether what is kept can be used without a look at the store. */
  isUsable(): boolean {
    if (this.#isTrusted()) return true;
    if (this.#isStoreAway) void this.#check();
    return this.#isStoreAway;
  }

  /** What is kept under a key, if that needs no look at the store. */
  peek(key: string): V | undefined {
    return this.isUsable() ? this.#use(key) : undefined;
  }

  /** Whether this very value is kept under the key now. */
  keeps(key: string, value: V): boolean {
    return this.#entries.get(key) === value;
  }

  /**
   * The value under a key, which `read` finds in the store; undefined when there is none.
   * Errors: `store_unavailable`, and those of `read`.
   */
  async get(key: string, read: () => Promise<V | undefined>): Promise<V | undefined> {
    await this.#bringUpToDate();
    return this.#use(key) ?? (await this.#lookUpOnce(key, read));
  }

  /** What a query finds, which is not kept. Errors: `store_unavailable`, and those of the query. */
  async inTime<T>(query: Promise<T>): Promise<T> {
    const found = await within(
      this.#options.clock,
      LOOKUP_MS_MAX,
      query.then((value) => ({ value })),
    );
    if (!found) throw new FnError("store_unavailable");
    return found.value;
  }

  /** Something was changed through this process. */
  clear(): void {
    this.#entries.clear();
    // A lookup on its way may have read what was before the change: its answer is not kept.
    this.#lookups.clear();
    this.#options.onClear?.();
  }

  #isTrusted(): boolean {
    return this.#options.clock.monotonicNs() - this.#checkedAtNs <= TRUST_MS * 1e6;
  }

  async #bringUpToDate(): Promise<void> {
    if (this.#isTrusted()) return;
    const checked = this.#check();
    if (this.#isStoreAway) return;
    const isDone = await within(
      this.#options.clock,
      CHECK_MS_MAX,
      checked.then(() => true),
    );
    if (!isDone) this.#isStoreAway = true;
  }

  /** One at a time. */
  #check(): Promise<void> {
    this.#checking ??= this.#compareCount().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #compareCount(): Promise<void> {
    const { store, clock } = this.#options;
    try {
      const changeCount = await store.changeCount();
      if (changeCount !== this.#changeCount) this.clear();
      this.#changeCount = changeCount;
      this.#isStoreAway = false;
    } catch {
      // A store that cannot be reached changes nothing.
      this.#isStoreAway = true;
    }
    this.#checkedAtNs = clock.monotonicNs();
  }

  #use(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    // To the end of the map: its first entry is always the one unused for longest.
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** Many callers that miss the same value at once share one query. */
  #lookUpOnce(key: string, read: () => Promise<V | undefined>): Promise<V | undefined> {
    const begun = this.#lookups.get(key);
    if (begun) return begun;
    const lookup = this.inTime(read()).then(
      (value) => {
        if (this.#lookups.get(key) === lookup) this.#keep(key, value);
        return value;
      },
      (error) => {
        if (this.#lookups.get(key) === lookup) this.#lookups.delete(key);
        throw error;
      },
    );
    this.#lookups.set(key, lookup);
    return lookup;
  }

  #keep(key: string, value: V | undefined): void {
    this.#lookups.delete(key);
    if (value === undefined) return;
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#options.entriesMax) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}
