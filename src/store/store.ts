import type { App } from "../model/app.ts";
import type { Call, CallRecord, CallStatus } from "../model/call.ts";
import type { Fn } from "../model/fn.ts";
import type { QueuedCall, StoredAnswer } from "../model/queued-call.ts";
import type { Route } from "../model/route.ts";
import type { Token } from "../model/token.ts";
import type { Trigger } from "../model/trigger.ts";

/**
 * Where apps, functions, calls and logs are kept. Several processes may share one store; every method is one
 * transaction. Failures to reach it are `store_unavailable`.
 */
export interface Store {
  readonly apps: AppStore;
  readonly fns: FnStore;
  readonly triggers: TriggerStore;
  readonly routes: RouteStore;
  readonly calls: CallStore;
  readonly queue: QueueStore;
  readonly tokens: TokenStore;
  readonly nodes: NodeStore;
  /**
   * A number that grows whenever an app, a fn, a trigger or a token changes, by any process: a cache whose number is still
   * this one is up to date.
   */
  changeCount(): Promise<number>;
  /** Finishes what has begun and lets go of the database. May be called twice. */
  close(): Promise<void>;
}

/** An app by what is known of it: /v1 knows names, /v2 ids. */
export type AppKey = { readonly name: string } | { readonly id: string };

export interface AppStore {
  /** Errors: `app_exists`. */
  insert(app: App): Promise<void>;
  get(key: AppKey): Promise<App | undefined>;
  /** By name, ascending, those after `page.after`; only the one of that name, if one is given. */
  list(page: Page & { readonly name?: string }): Promise<App[]>;
  /**
   * Reads, changes and writes in one transaction. Id, name and time of creation stay as they are; nothing is written
   * when `change` returns what it was given. It may run more than once.
   * Errors: `app_not_found`, and whatever `change` throws.
   */
  update(key: AppKey, change: (app: App) => App): Promise<App>;
  /** Removes the app with its functions, triggers, calls, queued calls and logs. Errors: `app_not_found`. */
  remove(key: AppKey): Promise<void>;
}

/** Functions as /v2 shows them: by id. */
export interface FnStore {
  /** Errors: `app_not_found`, `fn_exists`. */
  insert(fn: Fn): Promise<void>;
  /** The fn with its app, as a call by its id needs them. */
  get(id: string): Promise<FnInApp | undefined>;
  /** By name, ascending, those after `page.after`; only the one of that name, if one is given. */
  list(appId: string, page: Page & { readonly name?: string }): Promise<Fn[]>;
  /** As for apps; the app it belongs to stays as it is, too. Errors: `fn_not_found`, and whatever `change` throws. */
  update(id: string, change: (fn: Fn) => Fn): Promise<Fn>;
  /** Removes the fn with its triggers. Errors: `fn_not_found`. */
  remove(id: string): Promise<void>;
}

/** Triggers as /v2 shows them: by id. */
export interface TriggerStore {
  /** Errors: `app_not_found`, `fn_not_found` (of that app), `trigger_exists` (its type and source in the app). */
  insert(trigger: Trigger): Promise<void>;
  get(id: string): Promise<Trigger | undefined>;
  /** By name and then id, ascending, those after `page.after`, which is a `triggerPlaceText`. */
  list(appId: string, page: Page & { readonly fnId?: string; readonly name?: string }): Promise<Trigger[]>;
  /**
   * As for apps, but name and fn may change; app and type stay as they are.
   * Errors: `trigger_not_found`, `fn_not_found` (of that app), `trigger_exists`, and whatever `change` throws.
   */
  update(id: string, change: (trigger: Trigger) => Trigger): Promise<Trigger>;
  /** Removes the trigger; its fn stays. Errors: `trigger_not_found`. */
  remove(id: string): Promise<void>;
}

/** A fn and the trigger of a path as one thing, as /v1 shows them. */
export interface RouteStore {
  /**
   * Stores a route, and the app with it if no app of that name is there yet. The route's ids of an app are
   * replaced by those of the app that is there. A fn of the route's name that no trigger leads to any more becomes the
   * route's, with its id. Errors: `route_exists`; `fn_exists` when another path leads to a fn of the route's name; and then
   * nothing is stored.
   */
  insert(app: App, route: Route): Promise<Route>;
  /** The route with its app, as a call needs them. */
  get(appName: string, path: string): Promise<RouteInApp | undefined>;
  /** By path, ascending, those after `page.after`; only those of that image, if one is given. */
  list(appName: string, page: Page & { readonly image?: string }): Promise<Route[]>;
  /** As for apps; the path stays as it is, too. Errors: `route_not_found`, and whatever `change` throws. */
  update(appName: string, path: string, change: (route: Route) => Route): Promise<Route>;
  /** The trigger goes, and its fn with it if no other trigger leads to that. Errors: `route_not_found`. */
  remove(appName: string, path: string): Promise<void>;
}

/** What a call runs, and the trigger that it comes by: none when it comes by the fn's id. */
export interface FnInApp {
  readonly app: App;
  readonly fn: Fn;
  readonly trigger?: Trigger;
}

export interface RouteInApp extends FnInApp {
  readonly trigger: Trigger;
}

export interface CallStore {
  /** Stores all or none. A call whose id its app has already is left as it is. */
  insert(records: readonly CallRecord[]): Promise<void>;
  get(appName: string, callId: string): Promise<Call | undefined>;
  log(appName: string, callId: string): Promise<string | undefined>;
  /** What was kept of the answer to a call that nobody waited for. */
  answer(appName: string, callId: string): Promise<StoredAnswer | undefined>;
  /** By id, descending: newest first. */
  list(appName: string, filter: CallFilter): Promise<Call[]>;
  /**
   * Removes some of what need not be kept, with logs and answers, the oldest first: of calls that have ended and are not
   * dead, those older than `olderThanMs` (Unix milliseconds) and all but the newest `perApp` of each app; and answers and
   * idempotency keys that have expired. Resolves with how many calls it removed: 0 when nothing is left to remove.
   */
  prune(rule: PruneRule): Promise<number>;
}

export interface PruneRule {
  readonly olderThanMs: number;
  /** 1 or more; `Infinity` for all. */
  readonly perApp: number;
  /** At most so many calls at a time, so that nobody is held up. */
  readonly limit: number;
}

/**
 * Calls that wait to be run. Each is a call of `CallStore` too, stored and changed in one transaction with what is here.
 * A node that runs one has a lease on it; when that ends without news, another node may have the call. Times are those of
 * the database.
 */
export interface QueueStore {
  /**
   * Stores a call, to be claimed from its time on. With a key that its fn was given before (`keepKeyMs` ago at most) nothing
   * is stored. Resolves with the id of the call that was stored, now or then.
   * Errors: `call_id_taken`, by a call that waits in another app; then nothing is stored.
   */
  enqueue(call: QueuedCall, idempotency?: IdempotencyKey): Promise<string>;
  /**
   * Takes calls that are due, and those whose lease has ended, for a time; apps take turns, and within an app higher
   * priority goes first, then what was due first. Their status becomes `running`, and `attempts` grows by one.
   */
  claim(claim: Claim): Promise<ClaimedCall[]>;
  /** Holds on to calls for so long from now. Resolves with the ids of those that are still this holder's and not cancelled. */
  renew(holder: string, callIds: readonly string[], leaseMs: number): Promise<string[]>;
  /**
   * A call has ended: its record, log and answer are stored and it leaves the queue, or stays there as dead. False, and
   * nothing stored, when the lease is no longer this holder's.
   */
  finish(holder: string, end: CallEnd): Promise<boolean>;
  /**
   * A call goes back into the queue, to be run again after a time. With `wasRun` false it did not begin: `attempts`
   * shrinks again, and `refusals` grows; else those are 0 again. A log, unless it is empty, is kept until another attempt
   * leaves one. False when the lease is no longer this holder's.
   */
  putBack(
    holder: string,
    callId: string,
    back: {
      readonly delayMs: number;
      readonly wasRun: boolean;
      readonly error: string;
      readonly log?: string;
    },
  ): Promise<boolean>;
  /**
   * Takes a call back: `cancelled`, whether it waits, is dead or runs (then its holder learns it with `renew`).
   * Errors: `call_not_found`, `call_ended`.
   */
  cancel(appName: string, callId: string): Promise<Call>;
  /** Has a dead call run again, from its first attempt. Errors: `call_not_found`, `call_not_dead`. */
  redrive(appName: string, callId: string): Promise<Call>;
  /** When the next call can be claimed, in milliseconds from now; undefined when there is none, 0 for at once. */
  nextDueInMs(): Promise<number | undefined>;
  /** How many wait, run and are dead. */
  counts(): Promise<{ readonly queued: number; readonly running: number; readonly dead: number }>;
  /** Told, sooner or later, when a call was put into the queue by any process; ends with what it returns. */
  onEnqueued(listener: () => void): () => void;
}

export interface IdempotencyKey {
  readonly key: string;
  /** How long it is remembered. */
  readonly keepMs: number;
}

export interface Claim {
  /** Who claims: unique among all processes and their restarts. */
  readonly holder: string;
  /** At most so many, 1 or more. */
  readonly limit: number;
  readonly leaseMs: number;
}

/** A call to be run now. */
export interface ClaimedCall extends QueuedCall {
  /** How often it was begun, this time included. */
  readonly attempts: number;
  /** How often in a row it was put back without having been run. */
  readonly refusals: number;
}

export interface CallEnd {
  readonly record: CallRecord;
  /** Absent when the function gave none. */
  readonly answer?: StoredAnswer;
  /** How long the answer is kept, in milliseconds. */
  readonly keepAnswerMs: number;
}

/** Bearer tokens. */
export interface TokenStore {
  insert(token: Token): Promise<void>;
  /** By the hash of the token. Those that have expired are found, too. */
  find(hash: string): Promise<Token | undefined>;
  /** By id, ascending. */
  list(page: Page): Promise<Token[]>;
  /** Errors: `token_not_found`. */
  remove(id: string): Promise<void>;
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
  /** Only calls of this status. */
  readonly status?: CallStatus;
  /** Only those that are dead. */
  readonly isDead?: boolean;
  /** Only calls created later, in Unix milliseconds. */
  readonly createdAfterMs?: number;
  /** Only calls created earlier, in Unix milliseconds. */
  readonly createdBeforeMs?: number;
}

/** The database cannot be opened: one sentence that says which, what is wrong and what to do. Thrown at start only. */
export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";
}
