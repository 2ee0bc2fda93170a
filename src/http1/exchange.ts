import type { Framing } from "./framing.ts";
import type { IncomingBody } from "./incoming-body.ts";
import type { RequestHead } from "./request-reader.ts";
import { encodeChunk, LAST_CHUNK } from "./request-writer.ts";
import { encodeResponseHead, statusLineOf } from "./response-writer.ts";

/** Fields of an answer: names and values in turn, which are looked at, or lines that are known to be good. */
export type AnswerFields = readonly string[] | FieldLines;

/** Field lines made of what was parsed, each with its line end: they are written as they are. */
export class FieldLines {
  readonly lines: string;
  /** Whether a Date is among them; else one is added. */
  readonly hasDate: boolean;

  constructor(lines: string, hasDate: boolean) {
    this.lines = lines;
    this.hasDate = hasDate;
  }
}

/** The connection of an exchange, as far as the exchange needs it. */
export interface ExchangeWire {
  /** The value of the Date field. */
  date(): string;
  /**
   * Whether this answer is the last on its connection; asked as its head is written, and held to. `endTells`: it has to
   * be, since only the end of the connection tells where its body ends.
   */
  isLast(endTells: boolean): boolean;
  /** Writes bytes, or text with a character per byte; false asks to wait for `drained`. */
  write(bytes: Uint8Array | string): boolean;
  /** The same of three in one, where the bytes are the caller's again when this returns. */
  writeBorrowed(before: string, bytes: Uint8Array, after: string): boolean;
  /** Resolves when more may be written; rejects when the connection is gone. */
  drained(): Promise<void>;
  /** The answer is whole. */
  finished(): void;
  /** Breaks the connection off; with a reset, where the client would take a plain end for the end of the answer. */
  breakOff(withReset: boolean): void;
}

/**
 * Nothing was said yet; the head was, and a body of one of the framings (RFC 9112 section 6) follows, or none
 * (`bodiless`); nothing more can be said.
 */
type State = "open" | "fixed" | "chunked" | "until-close" | "bodiless" | "over";

/**
 * One request, and the answer to it, which is given once: whole with `answer`, or in parts with `begin` to `end`. What
 * comes after the end, or after the client has left, is not written.
 */
export class Exchange {
  readonly head: RequestHead;
  /** Undefined when the request has none. What is not read of it is dropped after the answer. */
  readonly body: IncomingBody | undefined;
  /** Fields, names and values in turn, that the answer has whatever it is; relayed lines stay as they are. */
  addedFields: readonly string[] = [];
  /** Called once, when the client leaves before the answer is whole. */
  onGone: (() => void) | undefined;
  readonly #wire: ExchangeWire;
  #state: State = "open";
  /** Bytes of a fixed body that are still to come. */
  #leftBytes = 0;

  constructor(head: RequestHead, body: IncomingBody | undefined, wire: ExchangeWire) {
    this.head = head;
    this.body = body;
    this.#wire = wire;
  }

  /** Whether nothing more can be said: the answer is whole, or the client is gone. */
  get isOver(): boolean {
    return this.#state === "over";
  }

  /**
   * The whole answer. `fields` holds names and values in turn, without those of the framing.
   * `lengthOfHead` is the length that a HEAD request is told, where the body is not at hand.
   * Throws Http1Error for a field that cannot be written; then nothing was said.
   */
  answer(status: number, fields: AnswerFields, body: Uint8Array, lengthOfHead = body.length): void {
    if (this.#state !== "open") return;
    const isToHead = this.head.method === "HEAD";
    const length = hasNoBody(status) ? undefined : isToHead ? lengthOfHead : body.length;
    const text = this.#headText(status, fields, length);
    const hasBody = length !== undefined && !isToHead && body.length > 0;
    this.#wire.write(text);
    if (hasBody) this.#wire.write(body);
    this.#finish();
  }

  /**
   * Begins an answer in parts. Without a length it goes in chunks, or to the end of the connection (HTTP/1.0). `first` is a
   * part that goes out with the head, as `writeBorrowed` does. Throws as `answer` does.
   */
  begin(
    status: number,
    fields: AnswerFields,
    bodyBytes: number | undefined,
    first: Uint8Array = NOTHING,
  ): void | Promise<void> {
    if (this.#state !== "open") return;
    if (hasNoBody(status) || this.head.method === "HEAD") {
      this.#wire.write(this.#headText(status, fields, hasNoBody(status) ? undefined : bodyBytes));
      this.#state = "bodiless";
      return;
    }
    const framing = bodyBytes ?? (this.head.minorVersion > 0 ? "chunked" : "until-close");
    const text = this.#headText(status, fields, framing);
    this.#leftBytes = bodyBytes ?? 0;
    this.#state = typeof framing === "number" ? "fixed" : framing;
    if (first.length > 0) return this.#writeBorrowed(text, first);
    this.#wire.write(text);
  }

  /**
   * A part of the body. A promise asks to wait; it rejects when the client is gone. Throws, and breaks off, when the
   * body would be longer than its length: the rest would pass for the next answer.
   */
  write(part: Uint8Array): void | Promise<void> {
    if (!this.#takes(part)) return;
    if (!this.#wire.write(this.#state === "chunked" ? encodeChunk(part) : part)) return this.#wire.drained();
  }

  /** The same of a part whose bytes are the caller's again when this returns. */
  writeBorrowed(part: Uint8Array): void | Promise<void> {
    return this.#writeBorrowed("", part);
  }

  /**
   * An answer before the answer (1xx); an HTTP/1.0 client knows none (RFC 9110 section 15.2). False when the client does not
   * take what it is told: what comes next is better left out.
   */
  inform(status: number, lines: string): boolean {
    if (this.#state !== "open" || this.head.minorVersion === 0) return true;
    return this.#wire.write(`${statusLineOf(status)}${lines}\r\n`);
  }

  /**
   * The answer that was begun is whole. Trailers go behind chunks, and are lost behind anything else (RFC 9110 section 6.5.1
   * allows that). Throws, and breaks off, when the body is shorter than its length.
   */
  end(trailers = ""): void {
    if (this.#state === "open") throw new Error("an answer has to begin before its end");
    if (this.#state === "over") return;
    if (this.#leftBytes > 0) this.#fail("an answer is shorter than its Content-Length");
    if (this.#state === "chunked") this.#wire.write(trailers === "" ? LAST_CHUNK : `0\r\n${trailers}\r\n`);
    this.#finish();
  }

  /** The answer cannot be finished: the connection is broken off, since a body that simply ended would look whole. */
  breakOff(): void {
    if (this.#state === "over") return;
    const endTells = this.#state === "until-close";
    this.#state = "over";
    this.#wire.breakOff(endTells);
  }

  /** The client is gone. */
  gone(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.onGone?.();
  }

  #writeBorrowed(before: string, part: Uint8Array): void | Promise<void> {
    if (!this.#takes(part)) return;
    const goesOn =
      this.#state === "chunked"
        ? this.#wire.writeBorrowed(`${before}${part.length.toString(16)}\r\n`, part, "\r\n")
        : this.#wire.writeBorrowed(before, part, "");
    if (!goesOn) return this.#wire.drained();
  }

  /** Whether a part goes to the client. */
  #takes(part: Uint8Array): boolean {
    if (this.#state === "open") throw new Error("an answer has to begin before its body");
    if (this.#state === "bodiless" || this.#state === "over" || part.length === 0) return false;
    if (this.#state === "fixed") {
      this.#leftBytes -= part.length;
      if (this.#leftBytes < 0) this.#fail("an answer is longer than its Content-Length");
    }
    return true;
  }

  #finish(): void {
    this.#state = "over";
    this.#wire.finished();
  }

  #fail(message: string): never {
    this.breakOff();
    throw new Error(message);
  }

  /** Without a framing the head says nothing of a body. */
  #headText(status: number, fields: AnswerFields, framing: Framing | undefined): string {
    if (fields instanceof FieldLines) return this.#relayedHead(status, fields, framing);
    const more = ["Date", this.#wire.date()];
    if (typeof framing === "number") more.push("Content-Length", String(framing));
    else if (framing === "chunked") more.push("Transfer-Encoding", "chunked");
    if (this.#wire.isLast(framing === "until-close")) more.push("Connection", "close");
    // RFC 9112 section 9.3: an old client is told that its wish was heard.
    else if (this.head.minorVersion === 0) more.push("Connection", "keep-alive");
    return encodeResponseHead(status, [...fields, ...this.addedFields, ...more]);
  }

  /** The same of lines that are known to be good. */
  #relayedHead(status: number, { lines, hasDate }: FieldLines, framing: Framing | undefined): string {
    let text = statusLineOf(status) + lines;
    // RFC 9110 section 6.6.1: who sends an answer on leaves its date, and gives it one when it has none.
    if (!hasDate) text += `Date: ${this.#wire.date()}\r\n`;
    if (typeof framing === "number") text += `Content-Length: ${framing}\r\n`;
    else if (framing === "chunked") text += "Transfer-Encoding: chunked\r\n";
    if (this.#wire.isLast(framing === "until-close")) text += "Connection: close\r\n";
    else if (this.head.minorVersion === 0) text += "Connection: keep-alive\r\n";
    return `${text}\r\n`;
  }
}

const NOTHING = Buffer.alloc(0);

/** RFC 9110 section 6.4.1: these have no body, whatever they say; section 8.6: nor a length. */
function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}
