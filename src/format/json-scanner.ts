/** Nesting that is still read; beyond it a small answer could fill the memory with empty arrays. Go stops here too. */
export const JSON_DEPTH_MAX = 10_000;

/** Finds the end of a JSON object in a stream, whatever pieces it comes in, without judging what is in it. */
export class JsonScanner {
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  /** Makes ready for the next object. */
  start(): void {
    this.#depth = 0;
    this.#isInString = false;
    this.#isEscaped = false;
  }

  get depth(): number {
    return this.#depth;
  }

  /**
   * Looks at bytes from `at` on, which is the opening brace for the first piece; the index behind the closing one, or
   * -1 when it is not among them. Stops early, with -1, when the nesting is deeper than JSON_DEPTH_MAX.
   */
  scan(bytes: Buffer, at: number): number {
    for (let i = at; i < bytes.length; i++) {
      const byte = bytes[i];
      if (this.#isEscaped) {
        this.#isEscaped = false;
      } else if (this.#isInString) {
        if (byte === QUOTE) this.#isInString = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
      } else if (byte === QUOTE) {
        this.#isInString = true;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (++this.#depth > JSON_DEPTH_MAX) return -1;
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
const BACKSLASH = 0x5c;
