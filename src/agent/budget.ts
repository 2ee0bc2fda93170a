import { FnError } from "../model/errors.ts";

/** Gives back what was acquired; works once, and does nothing after that. */
export type Release = () => void;

interface Request {
  readonly amount: number;
  readonly grant: () => void;
  /** How many that came later were served while this one did not fit. */
  overtaken: number;
}

/** How many later requests that fit may overtake one that does not: small ones go on, and large ones do not starve. */
export const OVERTAKEN_MAX = 8;

/**
 * An amount of something that the machine has only so much of (memory, cpu, container starts at a time), handed out
 * first come, first served, but for what fits while the first in line does not.
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
        overtaken: 0,
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
    let blocked: Request | undefined;
    for (const request of this.#requests) {
      if (blocked && blocked.overtaken >= OVERTAKEN_MAX) break;
      if (request.amount <= this.capacity - this.#used) {
        if (blocked) blocked.overtaken++;
        this.#requests.delete(request);
        request.grant();
      } else {
        blocked ??= request;
      }
    }
    if (blocked) this.#onShort();
  }
}
