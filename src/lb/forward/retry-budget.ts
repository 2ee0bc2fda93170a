/** Both counts look back over one to two of these. */
export const BUDGET_PERIOD_MS = 10_000;

/** Of the requests of late, how many may be sent again. */
const RETRIES_PER_REQUEST = 0.2;

/** Where there are few requests, a broken node still must not fail those it had. */
const RETRIES_FREE = 100;

/** Whether one more request may be sent again: a node that is overloaded must not get twice the load for it. */
export function mayRetry(requests: number, retries: number): boolean {
  return retries < RETRIES_FREE + RETRIES_PER_REQUEST * requests;
}

/** Counts the requests of late, and those that were sent again. */
export class RetryBudget {
  #periodEndNs = Number.NEGATIVE_INFINITY;
  #requests = 0;
  #retries = 0;
  #requestsBefore = 0;
  #retriesBefore = 0;

  /** A request has come; `nowNs` is monotonic. */
  noteRequest(nowNs: number): void {
    if (nowNs >= this.#periodEndNs) this.#turn(nowNs);
    this.#requests++;
  }

  /** Whether a request may be sent again; if so, it counts. */
  take(nowNs: number): boolean {
    if (nowNs >= this.#periodEndNs) this.#turn(nowNs);
    if (!mayRetry(this.#requests + this.#requestsBefore, this.#retries + this.#retriesBefore)) return false;
    this.#retries++;
    return true;
  }

  #turn(nowNs: number): void {
    const isNext = nowNs - this.#periodEndNs < BUDGET_PERIOD_MS * 1e6;
    this.#requestsBefore = isNext ? this.#requests : 0;
    this.#retriesBefore = isNext ? this.#retries : 0;
    this.#requests = 0;
    this.#retries = 0;
    this.#periodEndNs = nowNs + BUDGET_PERIOD_MS * 1e6;
  }
}
