import { FnError } from "../model/errors.ts";

/** Gives back what was acquired; works once, and does nothing after that. */
export type Release = () => void;

interface Request {
  readonly amount: number;
  readonly grant: () => void;
}

/**
 * An amount of something that the machine has only so much of (memory, container starts at a time), handed out first
 * come, first served: a large request is not overtaken for ever by small ones.
 */
export class Budget {
  readonly capacity: number;
  #used = 0;
  readonly #requests = new Set<Request>();
  readonly #onShort: () => void;

  /** `onShort` is told whenever the first in line waits for more than is free. */
  constructor(capacity: number, onShort: () => void = () => {}) {
    this.capacity = capacity;
    this.#onShort = onShort;
  }

  get used(): number {
    return this.#used;
  }

  get waiting(): number {
    return this.#requests.size;
  }

  /** What is missing for the first in line; 0 when nobody waits. */
  get shortage(): number {
    const [first] = this.#requests;
    return first ? Math.max(0, first.amount - (this.capacity - this.#used)) : 0;
  }

  /**
   * Resolves once `amount` is reserved. Rejects with `resources_impossible` when there is never so much, and with the
   * signal's reason when it is aborted first.
   */
  acquire(amount: number, signal: AbortSignal): Promise<Release> {
    return new Promise((resolve, reject) => {
      if (amount > this.capacity) {
        return reject(
          new FnError("resources_impossible", {}, { hint: `needs ${amount}, the node has ${this.capacity}` }),
        );
      }
      if (signal.aborted) return reject(signal.reason);
      const request: Request = {
        amount,
        grant: () => {
          signal.removeEventListener("abort", leave);
          this.#used += amount;
          resolve(this.#releaseOf(amount));
        },
      };
      const leave = () => {
        this.#requests.delete(request);
        reject(signal.reason);
        // Whoever stood behind may fit into what is free.
        this.#serve();
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#requests.add(request);
      this.#serve();
    });
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
    for (const request of this.#requests) {
      if (request.amount > this.capacity - this.#used) {
        this.#onShort();
        return;
      }
      this.#requests.delete(request);
      request.grant();
    }
  }
}
