import { FnError } from "../model/errors.ts";
import { type Entry, FairLine } from "./fair-line.ts";
import { OVERTAKEN_MAX } from "./overtaking.ts";

/** Gives back what was acquired; works once, and does nothing after that. */
export type Release = () => void;

interface Request {
  readonly amount: number;
  readonly grant: () => void;
  readonly refuse: () => void;
  /** How many behind it were served because they fit and it did not. */
  passed: number;
}

/**
 * An amount of something that the machine has only so much of (memory, cpu), handed out fairly between functions, and
 * among the requests of one first come, first served. What fits may pass the first in line while that does not fit:
 * small ones go on, and after `OVERTAKEN_MAX` of them they wait too, so that large ones do not starve.
 */
export class Budget {
  #capacity: number;
  #used = 0;
  readonly #line = new FairLine<Request>();
  readonly #onShort: () => void;

  /** `onShort` is told whenever there is a shortage. */
  constructor(capacity: number, onShort: () => void = () => {}) {
    this.#capacity = capacity;
    this.#onShort = onShort;
  }

  get capacity(): number {
    return this.#capacity;
  }

  get used(): number {
    return this.#used;
  }

  /** Negative while more is used than there still is. */
  get free(): number {
    return this.#capacity - this.#used;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** What is missing for the first in line; 0 when nobody waits. */
  get shortage(): number {
    const { first } = this.#line;
    return first ? Math.max(0, first.value.amount - this.free) : 0;
  }

  /**
   * Resolves once `amount` is reserved for `key`, which is whom the line is fair to. Rejects with
   * `resources_impossible` when there is never so much, and with the signal's reason when it is aborted first.
   */
  acquire(amount: number, key: string, signal: AbortSignal): Promise<Release> {
    return new Promise((resolve, reject) => {
      if (amount > this.#capacity) return reject(this.#impossible(amount));
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#line.leave(entry);
        reject(signal.reason);
        // Whoever stood behind may fit into what is free.
        this.#serve();
      };
      const entry: Entry<Request> = this.#line.add(key, {
        amount,
        passed: 0,
        grant: () => {
          signal.removeEventListener("abort", onAbort);
          this.#line.serve(entry);
          this.#used += amount;
          resolve(this.#releaseOf(amount));
        },
        refuse: () => {
          signal.removeEventListener("abort", onAbort);
          this.#line.leave(entry);
          reject(this.#impossible(amount));
        },
      });
      signal.addEventListener("abort", onAbort, { once: true });
      this.#serve();
    });
  }

  /** From now on there is so much in all. What is used already stays so; who waits for more than that is refused. */
  resize(capacity: number): void {
    this.#capacity = capacity;
    for (const { value } of this.#line.inOrder()) if (value.amount > capacity) value.refuse();
    this.#serve();
  }

  #releaseOf(amount: number): Release {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#used -= amount;
      this.#serve();
    };
  }

  #serve(): void {
    let blocked: Request | undefined;
    for (const { value: request } of this.#line.inOrder()) {
      if (this.free <= 0 || (blocked && blocked.passed >= OVERTAKEN_MAX)) break;
      if (request.amount <= this.free) {
        if (blocked) blocked.passed++;
        request.grant();
      } else {
        blocked ??= request;
      }
    }
    if (this.free < 0 || this.#line.size > 0) this.#onShort();
  }

  #impossible(amount: number): FnError {
    const hint = `needs ${amount}, the node has ${this.#capacity}`;
    return new FnError("resources_impossible", {}, { hint });
  }
}
