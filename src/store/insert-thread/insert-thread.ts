import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { CallRecord } from "../../model/call.ts";
import { reasonOf, unavailable } from "../sql/failures.ts";
import type { CallInserts } from "../sql/threaded-calls.ts";
import type { InsertAnswer, InsertRequest, InsertTarget } from "./messages.ts";

/** Beside this file, and of its kind: source or compiled. */
const THREAD_FILE = new URL(`./thread${extname(import.meta.url)}`, import.meta.url);

/**
 * Stores calls in a thread of its own: SQLite holds up its thread for milliseconds a batch, PostgreSQL's statements take
 * as long to be put together, and callers must not wait for either. The thread is started by the first batch.
 */
export class InsertThread implements CallInserts {
  readonly #target: InsertTarget;
  readonly #inserts = new Map<number, PromiseWithResolvers<void>>();
  #lastNumber = 0;
  #thread: Worker | undefined;
  #isClosed = false;

  constructor(target: InsertTarget) {
    this.#target = target;
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

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled([...this.#inserts.values()].map(({ promise }) => promise));
    await this.#thread?.terminate();
  }

  #start(): Worker {
    const thread = new Worker(THREAD_FILE, { workerData: this.#target, name: "calls" });
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
