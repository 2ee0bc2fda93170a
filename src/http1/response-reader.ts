import { BodyReader } from "./body-reader.ts";
import { type HeaderField, parseFields } from "./fields.ts";
import { type Framing, type FramingFields, framingFieldsOf } from "./framing.ts";
import { HeadReader, type LineEnds } from "./head-reader.ts";
import { malformed } from "./http1-error.ts";

export interface ResponseHead {
  /** 200 to 599. */
  readonly status: number;
  /** The digit after `HTTP/1.`. */
  readonly minorVersion: number;
  /** In order, spelled as sent; those of one hop are among them. */
  readonly fields: readonly HeaderField[];
  /** As told; to HEAD and with 304 it is the length of a body that does not come. */
  readonly contentLength: number | undefined;
  readonly framing: Framing;
  /** Options of the Connection field, in lower case. */
  readonly connection: readonly string[];
}

/** An answer before the answer (1xx), RFC 9110 section 15.2. */
export interface InterimHead {
  /** 100, or 102 to 199. */
  readonly status: number;
  readonly fields: readonly HeaderField[];
}

/** Gets a response while it is read. What it throws, `push` throws. */
export interface ResponseHandler {
  /** Where it is absent, interim responses are read over. */
  interim?(head: InterimHead): void;
  head(head: ResponseHead): void;
  /** A part of the body; the bytes are not copied. False asks to be given no more for now. */
  body(part: Buffer): boolean;
}

/** Longest status line; the reason in it is for people and is not kept. */
const STATUS_LINE_BYTES_MAX = 8 * 1024;

/** RFC 9112 section 4; the blank before an absent reason may be absent too. Status: RFC 9110 section 15. */
const STATUS_LINE = /^HTTP\/1\.\d [1-5]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?\r?\n/;
const MINOR_VERSION_AT = "HTTP/1.".length;
const STATUS_AT = "HTTP/1.1 ".length;

/**
 * Reads responses out of a stream, one after another, whatever pieces it comes in. Interim ones (1xx) may be read
 * over, as RFC 9110 section 15.2 allows. After an error it is of no more use.
 */
export class ResponseReader {
  readonly #handler: ResponseHandler;
  readonly #head: HeadReader;
  readonly #body: BodyReader;
  #isInBody = false;
  #isToHead = false;

  constructor(handler: ResponseHandler, lineEnds: LineEnds = "crlf") {
    this.#handler = handler;
    this.#head = new HeadReader(lineEnds);
    this.#body = new BodyReader((part) => handler.body(part));
  }

  /** Whether the response that was begun last is whole. */
  get isDone(): boolean {
    return this.#isInBody && this.#body.isDone;
  }

  /** Fields after a chunked body, when done. */
  get trailers(): readonly HeaderField[] {
    return this.#body.trailers;
  }

  /** Makes ready for the response to a request with this method. */
  start(method: string): void {
    this.#isToHead = method === "HEAD";
    this.#isInBody = false;
    this.#head.start();
  }

  /**
   * Takes bytes from `at` on; returns where it stopped: behind the response, or earlier when the handler asked to
   * wait. Throws Http1Error.
   */
  push(bytes: Buffer, at = 0): number {
    let index = at;
    while (!this.#isInBody) {
      index = this.#head.push(bytes, index);
      if (!this.#head.isDone) return index;
      this.#finishHead();
    }
    return this.#body.push(bytes, index);
  }

  /** The stream has ended; tells whether the response is whole. */
  end(): boolean {
    return this.#isInBody && this.#body.end();
  }

  #finishHead(): void {
    const head = parseHead(this.#head.lines, this.#isToHead);
    if (!("framing" in head)) {
      this.#head.start();
      this.#handler.interim?.(head);
      return;
    }
    this.#body.start(head.framing);
    this.#isInBody = true;
    this.#handler.head(head);
  }
}

function parseHead(lines: string, isToHead: boolean): ResponseHead | InterimHead {
  const lineEnd = lines.indexOf("\n") + 1;
  if (lineEnd > STATUS_LINE_BYTES_MAX || !STATUS_LINE.test(lines)) throw malformed("there is no status line");
  const status = Number(lines.slice(STATUS_AT, STATUS_AT + 3));
  const minorVersion = Number(lines[MINOR_VERSION_AT]);
  const fields = parseFields(lines, lineEnd);
  // RFC 9110 section 15.2.2: a switch of protocols nobody asked for.
  if (status === 101) throw malformed("the protocol is switched");
  if (status < 200) return { status, fields };

  const told = framingFieldsOf(fields, minorVersion);
  const { contentLength, connection } = told;
  return {
    status,
    minorVersion,
    fields,
    contentLength,
    connection,
    framing: framingOf(status, isToHead, told),
  };
}

/** RFC 9112 section 6.3. */
function framingOf(status: number, isToHead: boolean, told: FramingFields): Framing {
  if (isToHead || status === 204 || status === 304) return 0;
  return told.isChunked ? "chunked" : (told.contentLength ?? "until-close");
}
