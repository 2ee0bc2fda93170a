import { HeldBytes } from "./held-bytes.ts";
import { Http1Error, malformed } from "./http1-error.ts";

/**
 * Start line and fields together, or the trailers. A head is held whole until it ends, so this is memory per
 * connection; servers usually allow 8 to 64 KiB.
 */
export const HEAD_BYTES_MAX = 64 * 1024;

/** Which line ends are good: CRLF, or a lone LF too, which RFC 9112 section 2.2 leaves to the recipient. */
export type LineEnds = "crlf" | "crlf-or-lf";

const LF = 0x0a;
const CR = 0x0d;
const EMPTY_LINE = "\r\n";
const HEAD_END = Buffer.from("\r\n\r\n", "latin1");
const LONE_LF = /(?:^|[^\r])\n/;

/** Cuts the lines up to the first empty one out of a stream, whatever pieces it comes in. */
export class HeadReader {
  readonly #lineEnds: LineEnds;
  #isDone = false;
  #lines = "";
  /** What came in earlier pieces. */
  readonly #held = new HeldBytes();
  /** Of the line that has begun: its bytes in earlier pieces. */
  #lineBytes = 0;

  constructor(lineEnds: LineEnds) {
    this.#lineEnds = lineEnds;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** When done: all lines with their ends, without the empty one. One character per byte, any byte but LF. */
  get lines(): string {
    return this.#lines;
  }

  /** Makes ready for the next head. */
  start(): void {
    this.#isDone = false;
    this.#lines = "";
    this.#held.clear();
    this.#lineBytes = 0;
  }

  /** Takes bytes from `at` on, up to the end of the head; returns where it stopped. Throws Http1Error. */
  push(bytes: Buffer, at: number): number {
    const isWhole = this.#held.length === 0 && this.#lineEnds === "crlf" && this.#takeWhole(bytes, at);
    return isWhole ? at + this.#lines.length + EMPTY_LINE.length : this.#pushPart(bytes, at);
  }

  /** Nearly every head lies in one piece: two searches find its end and what is wrong with its lines. */
  #takeWhole(bytes: Buffer, at: number): boolean {
    // An empty head is for the slow way: the end found here would be that of another.
    if (bytes[at] === CR) return false;
    const lastLineEnd = bytes.indexOf(HEAD_END, at);
    if (lastLineEnd < 0) return false;
    const end = lastLineEnd + HEAD_END.length;
    this.#refuseTooLarge(end - at);
    const lines = bytes.toString("latin1", at, end - EMPTY_LINE.length);
    // So is a line end that is none: the slow way knows what to say.
    if (LONE_LF.test(lines)) return false;
    this.#lines = lines;
    this.#isDone = true;
    return true;
  }

  #pushPart(bytes: Buffer, at: number): number {
    let lineStart = at;
    for (let lf = bytes.indexOf(LF, at); lf >= 0; lf = bytes.indexOf(LF, lineStart)) {
      const lineBytes = this.#lineBytes + lf - lineStart;
      const hasCr = lineBytes > 0 && (lf > at ? bytes[lf - 1] : this.#held.last) === CR;
      if (!hasCr && this.#lineEnds === "crlf") throw malformed("a line ends without CR");
      if (lineBytes === (hasCr ? 1 : 0)) {
        this.#finish(bytes, at, lf + 1, lineBytes + 1);
        return lf + 1;
      }
      this.#lineBytes = 0;
      lineStart = lf + 1;
    }
    this.#lineBytes += bytes.length - lineStart;
    this.#refuseTooLarge(bytes.length - at);
    if (at < bytes.length) this.#held.append(bytes.subarray(at));
    return bytes.length;
  }

  #finish(bytes: Buffer, at: number, end: number, emptyLineBytes: number): void {
    this.#refuseTooLarge(end - at);
    const text = bytes.toString("latin1", at, end);
    const whole = this.#held.length > 0 ? this.#held.toString("latin1") + text : text;
    this.#lines = whole.slice(0, whole.length - emptyLineBytes);
    this.#isDone = true;
  }

  #refuseTooLarge(moreBytes: number): void {
    if (this.#held.length + moreBytes > HEAD_BYTES_MAX) {
      throw new Http1Error("head_too_large", `a head is longer than ${HEAD_BYTES_MAX} bytes`);
    }
  }
}
