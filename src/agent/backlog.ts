/** How much of an array's beginning may be used up before it is cut off. */
const USED_MAX = 1024;

/**
 * What waits for a slow reader, oldest first, up to a size in all (characters or bytes, as the items count themselves). What
 * is too much goes at the old end, and is counted.
 */
export class Backlog<T extends { readonly length: number }> {
  readonly #sizeMax: number;
  #items: T[] = [];
  #first = 0;
  #size = 0;
  #dropped = 0;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  get count(): number {
    return this.#items.length - this.#first;
  }

  /** How many items were dropped since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Adds one; the newest stays, however large it is. */
  push(item: T): void {
    this.pushKept(item);
    while (this.#size > this.#sizeMax && this.count > 1) {
      this.shift();
      this.#dropped++;
    }
  }

  /** Adds one, and drops nothing for it. */
  pushKept(item: T): void {
    this.#items.push(item);
    this.#size += item.length;
  }

  /** Takes the oldest. */
  shift(): T | undefined {
    const item = this.#items[this.#first];
    if (item === undefined) return undefined;
    this.#first++;
    this.#size -= item.length;
    if (this.#first === this.#items.length || this.#first > USED_MAX) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  /** Forgets all. */
  clear(): void {
    this.#items = [];
    this.#first = 0;
    this.#size = 0;
  }
}
