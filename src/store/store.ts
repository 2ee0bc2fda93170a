import type { App } from "../model/app.ts";
import type { Call, CallRecord } from "../model/call.ts";
import type { Route } from "../model/route.ts";

/**
 * Where apps, routes, calls and logs are kept. Several processes may share one store; every method is one
 * transaction. Failures to reach it are `store_unavailable`.
 */
export interface Store {
  readonly apps: AppStore;
  readonly routes: RouteStore;
  readonly calls: CallStore;
  readonly nodes: NodeStore;
  /**
   * A number that grows whenever an app or a route changes, by any process: a cache whose number is still this
   * one is up to date.
   */
  changeCount(): Promise<number>;
  /** Finishes what has begun and lets go of the database. May be called twice. */
  close(): Promise<void>;
}

export interface AppStore {
  /** Errors: `app_exists`. */
  insert(app: App): Promise<void>;
  get(name: string): Promise<App | undefined>;
  /** By name, ascending, those after `page.after`. */
  list(page: Page): Promise<App[]>;
  /**
   * Reads, changes and writes in one transaction. Id, name and time of creation stay as they are; nothing is written
   * when `change` returns what it was given. It may run more than once.
   * Errors: `app_not_found`, and whatever `change` throws.
   */
  update(name: string, change: (app: App) => App): Promise<App>;
  /** Removes the app with its routes, calls and logs. Errors: `app_not_found`. */
  remove(name: string): Promise<void>;
}

export interface RouteStore {
  /**
   * Stores a route, and the app with it if no app of that name is there yet. The route's ids of an app are
   * replaced by those of the app that is there. Errors: `route_exists`, and then nothing is stored.
   */
  insert(app: App, route: Route): Promise<Route>;
  /** The route with its app, as a call needs them. */
  get(appName: string, path: string): Promise<RouteInApp | undefined>;
  /** By path, ascending, those after `page.after`; only those of that image, if one is given. */
  list(appName: string, page: Page & { readonly image?: string }): Promise<Route[]>;
  /** As for apps; the path stays as it is, too. Errors: `route_not_found`, and whatever `change` throws. */
  update(appName: string, path: string, change: (route: Route) => Route): Promise<Route>;
  /** Errors: `route_not_found`. */
  remove(appName: string, path: string): Promise<void>;
}

export interface RouteInApp extends Route {
  readonly app: App;
}

export interface CallStore {
  /** Stores all or none. A call whose id its app has already is left as it is. */
  insert(records: readonly CallRecord[]): Promise<void>;
  get(appName: string, callId: string): Promise<Call | undefined>;
  log(appName: string, callId: string): Promise<string | undefined>;
  /** By id, descending: newest first. */
  list(appName: string, filter: CallFilter): Promise<Call[]>;
}

/**
 * The nodes that balancers send calls to: those that somebody put here, and those that announce themselves for as long as
 * they live. Changes of it are no changes in the sense of `changeCount`.
 */
export interface NodeStore {
  /** By name, ascending, without those whose announcement has expired. */
  list(): Promise<NodeRow[]>;
  /** Puts a node here until it is removed, or changes one that is there; that one stays for as long as it would have. */
  put(node: NodeRow): Promise<void>;
  /**
   * A node says that it is there, for so many milliseconds unless it says so again, and whether it is going down: then it
   * drains, as it does when it was put here as draining.
   */
  announce(name: string, isDraining: boolean, forMs: number): Promise<void>;
  /** The end of an announcement: the node goes, unless it was put here. */
  withdraw(name: string): Promise<void>;
  /** Takes a node out, however it came here; does nothing for an unknown one. */
  remove(name: string): Promise<void>;
}

export interface NodeRow {
  /** `host:port`. */
  readonly name: string;
  /** Its share compared with others; 1 unless told. */
  readonly weight: number;
  readonly isDraining: boolean;
}

export interface Page {
  /** The key of the last one seen; absent for the first page. */
  readonly after?: string;
  /** At most this many, 1 or more. */
  readonly limit: number;
}

export interface CallFilter extends Page {
  readonly path?: string;
  /** Only calls created later, in Unix milliseconds. */
  readonly createdAfterMs?: number;
  /** Only calls created earlier, in Unix milliseconds. */
  readonly createdBeforeMs?: number;
}

/** The database cannot be opened: one sentence that says which, what is wrong and what to do. Thrown at start only. */
export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";
}
