import type { Clock } from "../clock/clock.ts";
import type { FnInApp, Store } from "../store/store.ts";
import { StoreCache } from "./store-cache.ts";

/** Functions kept, at most; the one unused for longest goes first. */
const ENTRIES_MAX = 10_000;

/** What a function is found by: the source of a trigger, or its id. */
export type FnKey = { readonly appName: string; readonly source: string } | { readonly fnId: string };

/**
 * Functions as calls need them, without a query per call. Only those that exist are kept. While the store is away, what is
 * known goes on being served, and nobody waits to hear that the store is still away.
 */
export class FnCache {
  readonly #store: Store;
  readonly #cache: StoreCache<FnInApp>;
  /** The same by the paths that clients wrote. */
  readonly #byPath = new Map<string, FnInApp>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    const onClear = () => this.#byPath.clear();
    this.#cache = new StoreCache({ store, clock, entriesMax: ENTRIES_MAX, onClear });
  }

  /** What a client's path led to last, if that needs no look at the store. */
  peek(clientPath: string): FnInApp | undefined {
    return this.#cache.isUsable() ? this.#byPath.get(clientPath) : undefined;
  }

  /**
   * The function, or undefined when there is none; from then on `peek` knows it under the path that the client wrote.
   * Errors: `store_unavailable`.
   */
  async get(key: FnKey, clientPath: string): Promise<FnInApp | undefined> {
    const name = nameOf(key);
    const called = await this.#cache.get(name, () => this.#lookUp(key));
    // One that was changed meanwhile is good for this call, and not kept.
    if (!called || !this.#cache.keeps(name, called)) return called;
    if (this.#byPath.size >= ENTRIES_MAX) this.#byPath.clear();
    this.#byPath.set(clientPath, called);
    return called;
  }

  /** The function of this id, or undefined when there is none. Errors: `store_unavailable`. */
  byId(fnId: string): Promise<FnInApp | undefined> {
    return this.#cache.get(nameOf({ fnId }), () => this.#lookUp({ fnId }));
  }

  /** Whether there is such an app: asked only when a path led nowhere. Errors: `store_unavailable`. */
  async hasApp(name: string): Promise<boolean> {
    return (await this.#cache.inTime(this.#store.apps.get({ name }))) !== undefined;
  }

  /** Something was changed through this process. */
  clear(): void {
    this.#cache.clear();
  }

  #lookUp(key: FnKey): Promise<FnInApp | undefined> {
    const { fns, routes } = this.#store;
    return "fnId" in key ? fns.get(key.fnId) : routes.get(key.appName, key.source);
  }
}

/** No id has a slash, and every source has one: the two never meet. */
function nameOf(key: FnKey): string {
  return "fnId" in key ? key.fnId : `${key.appName} ${key.source}`;
}
