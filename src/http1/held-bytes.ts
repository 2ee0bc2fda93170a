/** Room for the first bytes, so that a few small pieces need one buffer. */
const CAPACITY_FIRST = 1024;

/**
 * Bytes kept until the rest of them comes: one buffer, doubled when it is full. What drips in byte by byte then is
 * copied a few times over, and costs no more memory than twice what it is.
 */
export class HeldBytes {
  #buffer = NOTHING;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The byte that was appended last. */
  get last(): number | undefined {
    return this.#length === 0 ? undefined : this.#buffer[this.#length - 1];
  }

  append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(CAPACITY_FIRST, needed, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = needed;
  }

  toString(encoding: "latin1" | "utf8"): string {
    return this.#buffer.toString(encoding, 0, this.#length);
  }

  clear(): void {
    this.#buffer = NOTHING;
    this.#length = 0;
  }
}

const NOTHING = Buffer.alloc(0);
