import type { Clock } from "../clock/clock.ts";
import type { RouteInApp, Store } from "../store/store.ts";

/** Routes kept, at most; the one unused for longest goes first. */
const ENTRIES_MAX = 10_000;
/**
 * How long the store's change counter is trusted before it is read again: what another process changed is served at
 * the latest after this. Changes made through this process are served at once (`clear`).
 */
const TRUST_MS = 50;

/** Routes as calls need them, without a query per call. Only routes that exist are kept. */
export class RouteCache {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #entries = new Map<string, RouteInApp>();
  /** The same routes by the paths that clients wrote. */
  readonly #byPath = new Map<string, RouteInApp>();
  readonly #lookups = new Map<string, Promise<RouteInApp | undefined>>();
  #changeCount = -1;
  #checking: Promise<void> | undefined;
  #checkedAtNs = Number.NEGATIVE_INFINITY;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The route that a client's path led to last, if that is certain without a look at the store. */
  peek(clientPath: string): RouteInApp | undefined {
    return this.#isTrusted() ? this.#byPath.get(clientPath) : undefined;
  }

  /** The route, or undefined when there is none; from then on `peek` knows it under the path that the client wrote. */
  async get(appName: string, path: string, clientPath: string): Promise<RouteInApp | undefined> {
    const route = await this.#get(appName, path);
    // One that was changed meanwhile is good for this call, and not kept.
    if (!route || this.#entries.get(keyOf(appName, path)) !== route) return route;
    if (this.#byPath.size >= ENTRIES_MAX) this.#byPath.clear();
    this.#byPath.set(clientPath, route);
    return route;
  }

  #isTrusted(): boolean {
    return this.#clock.monotonicNs() - this.#checkedAtNs <= TRUST_MS * 1e6;
  }

  async #get(appName: string, path: string): Promise<RouteInApp | undefined> {
    const key = keyOf(appName, path);
    if (!this.#isTrusted()) {
      this.#checking ??= this.#check().finally(() => {
        this.#checking = undefined;
      });
      await this.#checking;
    }
    const route = this.#entries.get(key);
    if (!route) return await this.#lookUpOnce(key, appName, path);
    // To the end of the map: its first entry is always the one unused for longest.
    this.#entries.delete(key);
    this.#entries.set(key, route);
    return route;
  }

  /** Whether there is such an app: asked only when a route was not found. */
  async hasApp(appName: string): Promise<boolean> {
    return (await this.#store.apps.get(appName)) !== undefined;
  }

  /** Something was changed through this process. */
  clear(): void {
    this.#entries.clear();
    this.#byPath.clear();
    // A lookup on its way may have read what was before the change: its answer is not kept.
    this.#lookups.clear();
  }

  async #check(): Promise<void> {
    try {
      const changeCount = await this.#store.changeCount();
      if (changeCount !== this.#changeCount) this.clear();
      this.#changeCount = changeCount;
    } catch {
      // A store that cannot be reached changes nothing: what is known goes on being served.
    }
    this.#checkedAtNs = this.#clock.monotonicNs();
  }

  /** Many callers that miss the same route at once share one query. */
  #lookUpOnce(key: string, appName: string, path: string): Promise<RouteInApp | undefined> {
    const begun = this.#lookups.get(key);
    if (begun) return begun;
    const lookup = this.#store.routes.get(appName, path).then(
      (route) => {
        if (this.#lookups.get(key) === lookup) this.#keep(key, route);
        return route;
      },
      (error) => {
        this.#lookups.delete(key);
        throw error;
      },
    );
    this.#lookups.set(key, lookup);
    return lookup;
  }

  #keep(key: string, route: RouteInApp | undefined): void {
    this.#lookups.delete(key);
    if (!route) return;
    this.#entries.set(key, route);
    if (this.#entries.size <= ENTRIES_MAX) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}

function keyOf(appName: string, path: string): string {
  return `${appName} ${path}`;
}
