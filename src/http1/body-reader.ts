import { type HeaderField, parseFields } from "./fields.ts";
import type { Framing } from "./framing.ts";
import { HeadReader } from "./head-reader.ts";
import { malformed } from "./http1-error.ts";

/** Hexadecimal digits of a chunk size: up to 2^52 bytes, exact as a number. */
const CHUNK_SIZE_DIGITS_MAX = 13;

/**
 * Bytes of all chunk extensions of one message. Nobody uses them (RFC 9112 section 7.1.1 says to ignore unknown
 * ones), and a long one per tiny chunk would be work for nothing.
 */
export const CHUNK_EXTENSION_BYTES_MAX = 16 * 1024;

/** Takes a part of a body; the bytes are not copied. False asks to be given no more for now. */
export type TakePart = (part: Buffer) => boolean;

/**
 * What comes next.
 *
 *     length ─────────────────────────────────────────────► done
 *     until-close ────────── end() ───────────────────────► done
 *     size ─► extension ─► size-lf ─► chunk ─► chunk-cr ─► chunk-lf ─► size
 *                                └──► trailers ───────────► done
 */
type State =
  | "length"
  | "until-close"
  | "size"
  | "extension"
  | "size-lf"
  | "chunk"
  | "chunk-cr"
  | "chunk-lf"
  | "trailers"
  | "done";

/** Reads bodies out of a stream, one after another, whatever pieces it comes in. */
export class BodyReader {
  readonly #takePart: TakePart;
  /** Only while there is something for it: a connection that waits for its next message should be small. */
  #trailerReader: HeadReader | undefined;
  #state: State = "done";
  /** Bytes of the body, or of the chunk, that are still to come. */
  #leftBytes = 0;
  #sizeDigits = 0;
  #extensionBytes = 0;
  #trailers = NO_FIELDS;

  constructor(takePart: TakePart) {
    this.#takePart = takePart;
  }

  get isDone(): boolean {
    return this.#state === "done";
  }

  /** Fields after a chunked body, when done. */
  get trailers(): readonly HeaderField[] {
    return this.#trailers;
  }

  /** Makes ready for the next body. */
  start(framing: Framing): void {
    this.#trailers = NO_FIELDS;
    if (framing === "chunked") {
      this.#extensionBytes = 0;
      this.#startChunk();
    } else if (framing === "until-close") {
      this.#state = "until-close";
    } else {
      this.#leftBytes = framing;
      this.#state = framing === 0 ? "done" : "length";
    }
  }

  /**
   * Takes bytes from `at` on; returns where it stopped: behind the body, or earlier when the taker asked to wait.
   * Throws Http1Error.
   */
  push(bytes: Buffer, at: number): number {
    let index = at;
    while (index < bytes.length) {
      switch (this.#state) {
        case "done":
          return index;
        case "until-close":
          this.#takePart(index === 0 ? bytes : bytes.subarray(index));
          return bytes.length;
        case "length":
        case "chunk": {
          const end = Math.min(bytes.length, index + this.#leftBytes);
          this.#leftBytes -= end - index;
          if (this.#leftBytes === 0) this.#state = this.#state === "length" ? "done" : "chunk-cr";
          const part = index === 0 && end === bytes.length ? bytes : bytes.subarray(index, end);
          index = end;
          if (!this.#takePart(part)) return index;
          break;
        }
        case "trailers":
          index = this.#pushTrailers(bytes, index);
          break;
        default:
          this.#pushFraming(bytes[index++] ?? 0);
      }
    }
    return index;
  }

  /** The stream has ended; tells whether the body is whole. */
  end(): boolean {
    if (this.#state === "until-close") this.#state = "done";
    return this.isDone;
  }

  /** One byte of what stands around the chunks. Line ends here are CRLF and nothing else, RFC 9112 section 7.1. */
  #pushFraming(byte: number): void {
    switch (this.#state) {
      case "size":
        this.#pushSize(byte);
        break;
      case "extension":
        this.#pushExtension(byte);
        break;
      case "size-lf":
        if (byte !== LF) throw malformed("a chunk size line has CR without LF");
        if (this.#leftBytes > 0) {
          this.#state = "chunk";
        } else {
          this.#state = "trailers";
        }
        break;
      case "chunk-cr":
        if (byte !== CR) throw malformed("a chunk is longer than its size");
        this.#state = "chunk-lf";
        break;
      case "chunk-lf":
        if (byte !== LF) throw malformed("a chunk ends with CR without LF");
        this.#startChunk();
    }
  }

  #pushSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (++this.#sizeDigits > CHUNK_SIZE_DIGITS_MAX) throw malformed("a chunk size has too many digits");
      this.#leftBytes = 16 * this.#leftBytes + digit;
      return;
    }
    if (this.#sizeDigits === 0) throw malformed("a chunk size is not hexadecimal");
    if (byte === CR) this.#state = "size-lf";
    else if (byte === SEMICOLON) this.#state = "extension";
    else throw malformed("a chunk size is not hexadecimal");
  }

  #pushExtension(byte: number): void {
    if (byte === CR) {
      this.#state = "size-lf";
    } else if (++this.#extensionBytes > CHUNK_EXTENSION_BYTES_MAX) {
      throw malformed("the chunk extensions are too long");
    } else if ((byte < 0x20 && byte !== TAB) || byte === DEL) {
      throw malformed("a control character stands in a chunk extension");
    }
  }

  #pushTrailers(bytes: Buffer, at: number): number {
    this.#trailerReader ??= new HeadReader("crlf");
    const end = this.#trailerReader.push(bytes, at);
    if (this.#trailerReader.isDone) {
      this.#trailers = parseFields(this.#trailerReader.lines);
      this.#trailerReader = undefined;
      this.#state = "done";
    }
    return end;
  }

  #startChunk(): void {
    this.#leftBytes = 0;
    this.#sizeDigits = 0;
    this.#state = "size";
  }
}

const NO_FIELDS: readonly HeaderField[] = [];

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SEMICOLON = 0x3b;
const DEL = 0x7f;

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}
