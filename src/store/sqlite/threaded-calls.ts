import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Call, CallRecord } from "../../model/call.ts";
import type { CallFilter, CallStore } from "../store.ts";
import { reasonOf, unavailable } from "./failures.ts";
import type { InsertAnswer, InsertRequest } from "./insert-thread.ts";

/** Beside this file, and of its kind: source or compiled. */
const THREAD_FILE = new URL(`./insert-thread${extname(import.meta.url)}`, import.meta.url);

/**
 * Calls in an SQLite file, stored by a thread of their own: SQLite holds up its thread for milliseconds a batch, and
 * callers must not wait for that. The thread is started by the first batch; what is read, is read here.
 */
export class ThreadedCallStore implements CallStore {
  readonly #path: string;
  readonly #calls: CallStore;
  readonly #inserts = new Map<number, PromiseWithResolvers<void>>();
  #lastNumber = 0;
  #thread: Worker | undefined;
  #isClosed = false;

  /** `calls` is the same file's. */
  constructor(path: string, calls: CallStore) {
    this.#path = path;
    this.#calls = calls;
  }

  async insert(records: readonly CallRecord[]): Promise<void> {
    if (records.length === 0) return;
    if (this.#isClosed) throw unavailable("the store is closed");
    const insert = Promise.withResolvers<void>();
    const number = ++this.#lastNumber;
    this.#inserts.set(number, insert);
    this.#thread ??= this.#start();
    this.#thread.postMessage({ number, records } satisfies InsertRequest);
    await insert.promise;
  }

  get(appName: string, callId: string): Promise<Call | undefined> {
    return this.#calls.get(appName, callId);
  }

  log(appName: string, callId: string): Promise<string | undefined> {
    return this.#calls.log(appName, callId);
  }

  list(appName: string, filter: CallFilter): Promise<Call[]> {
    return this.#calls.list(appName, filter);
  }

  /** Stores what was given before, and ends the thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled([...this.#inserts.values()].map(({ promise }) => promise));
    await this.#thread?.terminate();
  }

  #start(): Worker {
    const thread = new Worker(THREAD_FILE, { workerData: this.#path, name: "calls" });
    thread.on("message", (answer: InsertAnswer) => this.#settle(answer));
    thread.on("error", (error) => this.#fail(thread, error));
    thread.on("exit", () => this.#fail(thread, new Error("the thread that stores calls has ended")));
    return thread;
  }

  #settle({ number, failure }: InsertAnswer): void {
    const insert = this.#inserts.get(number);
    this.#inserts.delete(number);
    if (failure === undefined) insert?.resolve();
    else insert?.reject(unavailable(failure));
  }

  /** The thread is gone; the next batch starts another. */
  #fail(thread: Worker, error: unknown): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    const failure = reasonOf(error);
    for (const number of [...this.#inserts.keys()]) this.#settle({ number, failure });
  }
}
