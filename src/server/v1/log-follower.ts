import type { LogFeed, LogFilter, RunEnd } from "../../agent/log-feed.ts";
import type { Clock, Timer } from "../../clock/clock.ts";
import type { Call, CallStatus } from "../../model/call.ts";
import { FnError } from "../../model/errors.ts";
import type { Store } from "../../store/store.ts";
import { requireApp } from "./apps.ts";

/** Between two looks at the calls in the store. */
export const LOOK_MS = 250;

/** Calls of an app that are looked at, the newest: one that more have overtaken before it was stored is not seen. */
export const CALLS_MAX = 100;

export interface LogFollowerOptions {
  readonly store: Store;
  readonly logFeed: LogFeed;
  readonly clock: Clock;
  /** Makes sure that calls already answered can be read. */
  readonly flushCalls: () => Promise<void>;
}

/** Told what functions wrote, and how their calls ended. */
export interface FollowedLogs {
  onText(callId: string, path: string, text: string): void;
  /** Once for each call. */
  onEnd(callId: string, status: CallStatus): void;
  /** The call that was followed is not there any more. */
  onGone(): void;
}

/**
 * Follows the calls of an app, or one call. Of those that run on this node it tells what is written as it is written; the
 * others it finds in the store once they have ended. The end of a call that nobody waits for is what the store says: it
 * may be run again, here or elsewhere.
 */
export class LogFollower {
  readonly #options: LogFollowerOptions;
  readonly #filter: LogFilter;
  readonly #logs: FollowedLogs;
  /** Calls whose end was told, or came before: those of these that may still be listed. */
  readonly #ended = new Set<string>();
  /** Runs that were told as they went, whose call may or may not have ended with them; by call, when they ended. */
  readonly #runs = new Map<string, number | undefined>();
  /** Calls with lower ids were overtaken. */
  #firstId = "";
  #unfollow: () => void = () => {};
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: LogFollowerOptions, filter: LogFilter, logs: FollowedLogs) {
    this.#options = options;
    this.#filter = filter;
    this.#logs = logs;
  }

  /** Begins, for one call with what is there. Errors: `app_not_found`; of one call `log_not_found`. Then nothing was begun. */
  async start(): Promise<void> {
    const { callId } = this.#filter;
    this.#unfollow = this.#options.logFeed.follow(this.#filter, {
      onText: (call, text) => this.#logs.onText(call.callId, call.path, text),
      onEnd: (call, end) => this.#onRunEnd(call.callId, end),
    });
    try {
      if (callId === undefined) await this.#startWithApp();
      else await this.#startWithCall(callId);
      this.#lookLater();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Nothing is told any more. May be called twice. */
  stop(): void {
    this.#isStopped = true;
    this.#unfollow();
    this.#timer?.cancel();
  }

  /** What has ended before is not told. */
  async #startWithApp(): Promise<void> {
    const { store, flushCalls } = this.#options;
    await flushCalls();
    const calls = await this.#newest();
    if (calls.length === 0) await requireApp(store, this.#filter.appName);
    for (const call of calls) {
      if (hasEnded(call)) this.#ended.add(call.id);
    }
  }

  async #startWithCall(callId: string): Promise<void> {
    const { store, logFeed, flushCalls } = this.#options;
    const { appName } = this.#filter;
    const running = logFeed.running(appName, callId);
    if (running) {
      if (running.text !== "") this.#logs.onText(callId, running.path, running.text);
      return;
    }
    await flushCalls();
    const call = await store.calls.get(appName, callId);
    if (!call && !this.#ended.has(callId)) throw new FnError("log_not_found");
    if (call) await this.#look([call]);
  }

  #onRunEnd(callId: string, { status, completedAtMs, isLast }: RunEnd): void {
    if (!isLast) this.#runs.set(callId, completedAtMs);
    else if (!this.#ended.has(callId)) this.#tellEnd(callId, status);
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    this.#timer = this.#options.clock.after(LOOK_MS, async () => {
      // While the store cannot be reached there is nothing to be seen.
      const calls = await this.#read().catch(() => []);
      await this.#look(calls).catch(() => {});
      this.#lookLater();
    });
  }

  async #read(): Promise<readonly Call[]> {
    const { store, logFeed } = this.#options;
    const { appName, callId } = this.#filter;
    if (callId === undefined) return await this.#newest();
    if (logFeed.isRunning(appName, callId)) return [];
    const call = await store.calls.get(appName, callId);
    if (call) return [call];
    if (!this.#isStopped) this.#logs.onGone();
    return [];
  }

  async #newest(): Promise<Call[]> {
    const { appName, path } = this.#filter;
    const calls = await this.#options.store.calls.list(appName, { limit: CALLS_MAX, path });
    const last = calls.at(-1);
    if (last && calls.length === CALLS_MAX && last.id > this.#firstId) this.#overtake(last.id);
    return calls.filter(({ id }) => id >= this.#firstId);
  }

  #overtake(firstId: string): void {
    this.#firstId = firstId;
    for (const id of this.#ended) {
      if (id < firstId) this.#ended.delete(id);
    }
    for (const id of this.#runs.keys()) {
      if (id < firstId) this.#runs.delete(id);
    }
  }

  /** Tells of calls that have ended since the last look, the oldest first. */
  async #look(calls: readonly Call[]): Promise<void> {
    for (const call of calls.toReversed()) {
      if (!hasEnded(call) || this.#ended.has(call.id)) continue;
      const log = await this.#logOf(call);
      if (this.#isStopped || this.#ended.has(call.id)) continue;
      if (log !== "") this.#logs.onText(call.id, call.path, log);
      this.#tellEnd(call.id, call.status);
    }
  }

  /** What is not yet told of its log. */
  async #logOf({ id, completedAtMs }: Call): Promise<string> {
    const isTold = this.#runs.has(id) && this.#runs.get(id) === completedAtMs;
    return isTold ? "" : ((await this.#options.store.calls.log(this.#filter.appName, id)) ?? "");
  }

  #tellEnd(callId: string, status: CallStatus): void {
    this.#ended.add(callId);
    this.#runs.delete(callId);
    this.#logs.onEnd(callId, status);
  }
}

function hasEnded({ status }: Call): boolean {
  return status !== "queued" && status !== "running";
}
