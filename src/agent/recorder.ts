import type { Logger } from "pino";
import type { Clock, Timer } from "../clock/clock.ts";
import type { CallRecord } from "../model/call.ts";
import type { CallStore } from "../store/store.ts";

/** Records that wait for the store, at most: some 60 MB, and what comes in 20 s at 5,000 calls in a second. */
const PENDING_MAX = 100_000;
/** Log text that waits for the store, at most; 64 calls that wrote as much as is kept. */
const PENDING_LOG_CHARS_MAX = 64 * 1024 * 1024;
/** Records in one transaction: large enough that its cost is shared, small enough to be over in some milliseconds. */
const BATCH_MAX = 1000;
/** Log text in one transaction, unless one record has more: as much as a slow network takes within the time of a statement. */
const BATCH_LOG_CHARS_MAX = 4 * 1024 * 1024;
/** How long a record may wait for others to join it: each transaction writes whole pages, however little is new. */
export const GATHER_MS = 50;
/** Between two attempts, while the store cannot be reached. */
const RETRY_MS = 1000;
/** Between two sentences about dropped records, of which there may be thousands in a second. */
const DROP_REPORT_MS = 1000;

/**
 * Stores calls and their logs behind the answer, in batches. When the store cannot keep up, what does not fit is
 * dropped, counted and said; callers are never held up.
 */
export class Recorder {
  readonly #calls: CallStore;
  readonly #clock: Clock;
  readonly #log: Logger;
  #pending: CallRecord[] = [];
  #pendingLogChars = 0;
  #dropped = 0;
  #droppedUnsaid = 0;
  #dropReport: Timer | undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #isFailing = false;
  #isStopped = false;

  constructor(options: { readonly calls: CallStore; readonly clock: Clock; readonly log: Logger }) {
    this.#calls = options.calls;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** How many records were dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  record(record: CallRecord): void {
    if (
      this.#pending.length >= PENDING_MAX ||
      this.#pendingLogChars + record.log.length > PENDING_LOG_CHARS_MAX
    ) {
      this.#drop(1);
      return;
    }
    this.#pending.push(record);
    this.#pendingLogChars += record.log.length;
    if (this.#pending.length >= BATCH_MAX && !this.#isFailing) this.#write();
    else this.#writeAfter(GATHER_MS);
  }

  /** Resolves when everything recorded before was stored, or failed to be once. */
  async flush(): Promise<void> {
    this.#write();
    await this.#writing;
  }

  /** Stores what is left, with one attempt, and ends. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.flush();
    this.#timer?.cancel();
    if (this.#pending.length > 0) this.#drop(this.#pending.length);
    this.#pending = [];
    this.#reportDrops();
  }

  #write(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing ??= this.#writePending().then((isStored) => {
      this.#writing = undefined;
      this.#isFailing = !isStored;
      if (this.#pending.length > 0 && !this.#isStopped) this.#writeAfter(isStored ? GATHER_MS : RETRY_MS);
    });
  }

  #writeAfter(delayMs: number): void {
    this.#timer ??= this.#clock.after(delayMs, () => this.#write());
  }

  /** Batch by batch until nothing is left; false when the store refused one. */
  async #writePending(): Promise<boolean> {
    while (this.#pending.length > 0) {
      const batch = this.#nextBatch();
      try {
        await this.#calls.insert(batch);
      } catch (error) {
        this.#log.error(
          { err: error, pending: this.#pending.length },
          "calls could not be stored; will try again",
        );
        return false;
      }
      this.#pending.splice(0, batch.length);
      for (const { log } of batch) this.#pendingLogChars -= log.length;
    }
    return true;
  }

  #nextBatch(): CallRecord[] {
    let logChars = 0;
    const end = this.#pending.findIndex(({ log }, index) => {
      logChars += log.length;
      return index === BATCH_MAX || (index > 0 && logChars > BATCH_LOG_CHARS_MAX);
    });
    return end < 0 ? [...this.#pending] : this.#pending.slice(0, end);
  }

  #drop(count: number): void {
    this.#dropped += count;
    this.#droppedUnsaid += count;
    this.#dropReport ??= this.#clock.after(DROP_REPORT_MS, () => this.#reportDrops());
  }

  #reportDrops(): void {
    this.#dropReport?.cancel();
    this.#dropReport = undefined;
    if (this.#droppedUnsaid === 0) return;
    const reason = "the store is too slow, or away";
    this.#log.error(
      { count: this.#droppedUnsaid, dropped: this.#dropped, reason },
      "records of calls were dropped",
    );
    this.#droppedUnsaid = 0;
  }
}
