/** Of one request. Longer bodies are not kept at all: they can be sent once. */
export const KEPT_BYTES_MAX = 64 * 1024;

/** Of all requests together: where that is reached, further ones can be sent once. */
export const KEPT_BYTES_IN_ALL_MAX = 64 * 1024 * 1024;

/** What all requests keep together. */
export class KeptBytes {
  readonly max: number;
  bytes = 0;

  constructor(max = KEPT_BYTES_IN_ALL_MAX) {
    this.max = max;
  }
}

/** What came of a body so far, kept so that it can be sent again. */
export class KeptBody {
  readonly #inAll: KeptBytes;
  #parts: Buffer[] = [];
  #bytes = 0;
  #isWhole = true;

  constructor(inAll: KeptBytes) {
    this.#inAll = inAll;
  }

  /** Whether all that came is here. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  get parts(): readonly Buffer[] {
    return this.#parts;
  }

  add(part: Buffer): void {
    if (!this.#isWhole) return;
    const isTooMuch =
      this.#bytes + part.length > KEPT_BYTES_MAX || this.#inAll.bytes + part.length > this.#inAll.max;
    if (isTooMuch) {
      this.drop();
      return;
    }
    this.#parts.push(part);
    this.#bytes += part.length;
    this.#inAll.bytes += part.length;
  }

  /** Nothing more is kept, and what was is let go. */
  drop(): void {
    this.#isWhole = false;
    this.#inAll.bytes -= this.#bytes;
    this.#bytes = 0;
    this.#parts = [];
  }
}
