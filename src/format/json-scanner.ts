/**
 * Objects, arrays and members of either in one answer. Its body is one text, so honest answers have a few dozen;
 * without a bound, 64 MiB of empty objects would take gigabytes and stop this process for seconds.
 */
export const JSON_VALUES_MAX = 100_000;

/** Finds the end of a JSON object in a stream, whatever pieces it comes in, without judging what is in it. */
export class JsonScanner {
  #depth = 0;
  #values = 0;
  #isInString = false;
  #isEscaped = false;

  /** Whether the object has more in it than JSON_VALUES_MAX; then its end is not looked for. */
  get isOverfull(): boolean {
    return this.#values > JSON_VALUES_MAX;
  }

  /** Makes ready for the next object. */
  start(): void {
    this.#depth = 0;
    this.#values = 0;
    this.#isInString = false;
    this.#isEscaped = false;
  }

  /**
   * Looks at bytes from `at` on, which is the opening brace for the first piece; returns the index behind the closing
   * one, or -1 when it is not among them.
   */
  scan(bytes: Buffer, at: number): number {
    for (let i = at; i < bytes.length && !this.isOverfull; i++) {
      const byte = bytes[i];
      if (this.#isEscaped) {
        this.#isEscaped = false;
      } else if (this.#isInString) {
        if (byte === QUOTE) this.#isInString = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
      } else if (byte === QUOTE) {
        this.#isInString = true;
      } else if (byte === COMMA) {
        this.#values++;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        this.#values++;
        this.#depth++;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (--this.#depth === 0) return i + 1;
      }
    }
    return -1;
  }
}

/** White space of JSON: what may stand between two objects. */
export function isJsonSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

export const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
