import { BodyReader, type TakePart } from "./body-reader.ts";
import { type HeaderField, parseFields } from "./fields.ts";
import { type Framing, framingFieldsOf } from "./framing.ts";
import { HeadReader } from "./head-reader.ts";
import { Http1Error, malformed } from "./http1-error.ts";

export interface RequestHead {
  readonly method: string;
  /** As RFC 9112 section 3.2.1 has it (`/path?query`), also when the client sent the absolute form; else as sent. */
  readonly target: string;
  /** Where the client meant to go; empty when it did not say. */
  readonly host: string;
  /** The digit after `HTTP/1.`: 0 or 1. */
  readonly minorVersion: number;
  /** In order, spelled as sent; those of one hop are among them. */
  readonly fields: readonly HeaderField[];
  /** As told; undefined for chunks and for no body. */
  readonly contentLength: number | undefined;
  readonly framing: Exclude<Framing, "until-close">;
  /** Options of the Connection field, in lower case. */
  readonly connection: readonly string[];
  /** The client waits for a 100 before it sends the body, RFC 9110 section 10.1.1. */
  readonly expectsContinue: boolean;
}

/** Longest request target; RFC 9110 section 4.1 asks for 8000 at least. */
export const TARGET_BYTES_MAX = 16 * 1024;

/** RFC 9112 section 3: a token, single blanks, nothing around them. Bytes beyond ASCII in a target are let through. */
const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [\x21-\x7e\x80-\xff]+ HTTP\/\d\.\d\r\n/;
/** What of it is behind the target. */
const VERSION_PART = " HTTP/1.1\r\n";
/** RFC 9110 section 7.2: a host and perhaps a port. No user before it, which section 4.2.4 forbids. */
const HOST = /^[A-Za-z0-9._~!$&'()*+,;=:%[\]-]*$/;
/** RFC 9112 section 3.2.2. RFC 9110 section 4.2.1: the host in it is not empty. */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#:][^/?#]*)(.*)$/is;

/**
 * Reads requests out of a stream, one after another, whatever pieces it comes in: `pushHead` until there is a head,
 * then `pushBody` until the body is whole, then the next. After an error it is of no more use.
 */
export class RequestReader {
  readonly #head = new HeadReader("crlf");
  readonly #body: BodyReader;
  #isBetween = true;
  #hasEmptyLine = false;

  /** Parts of bodies go to `takePart`. */
  constructor(takePart: TakePart) {
    this.#body = new BodyReader(takePart);
  }

  /** True until the first byte of the next request. */
  get isBetween(): boolean {
    return this.#isBetween;
  }

  get isBodyDone(): boolean {
    return this.#body.isDone;
  }

  /** Fields after a chunked body, when done. */
  get trailers(): readonly HeaderField[] {
    return this.#body.trailers;
  }

  /** Makes ready for the next request. */
  start(): void {
    this.#head.start();
    this.#isBetween = true;
    this.#hasEmptyLine = false;
  }

  /** Takes bytes from `at` on, up to the end of the head; returns where it stopped. Throws Http1Error. */
  pushHead(bytes: Buffer, at: number): number {
    this.#isBetween = false;
    return this.#head.push(bytes, at);
  }

  /** The head, once it is whole; then its body may begin. Throws Http1Error. */
  takeHead(): RequestHead | undefined {
    if (!this.#head.isDone) return undefined;
    if (this.#head.lines === "" && !this.#hasEmptyLine) {
      // RFC 9112 section 2.2: an empty line before a request is read over. One: a client could send them for ever.
      this.start();
      this.#hasEmptyLine = true;
      return undefined;
    }
    const head = parseHead(this.#head.lines);
    this.#body.start(head.framing);
    return head;
  }

  /** The bytes of the head that was taken last, as they came. */
  get headBytes(): Buffer {
    return Buffer.from(`${this.#head.lines}\r\n`, "latin1");
  }

  /**
   * Takes bytes from `at` on; returns where it stopped: behind the body, or earlier when the taker asked to wait.
   * Throws Http1Error.
   */
  pushBody(bytes: Buffer, at: number): number {
    return this.#body.push(bytes, at);
  }
}

function parseHead(lines: string): RequestHead {
  const lineEnd = lines.indexOf("\n") + 1;
  if (!REQUEST_LINE.test(lines)) throw malformed("there is no request line");
  const methodEnd = lines.indexOf(" ");
  const targetEnd = lineEnd - VERSION_PART.length;
  const method = lines.slice(0, methodEnd);
  const target = lines.slice(methodEnd + 1, targetEnd);
  if (target.length > TARGET_BYTES_MAX) {
    throw new Http1Error("target_too_long", `a request target is longer than ${TARGET_BYTES_MAX} bytes`);
  }
  const minorVersion = minorVersionOf(lines.slice(targetEnd + 1, lineEnd - 2));
  const fields = parseFields(lines, lineEnd);
  const { contentLength, isChunked, connection } = framingFieldsOf(fields, minorVersion);
  const { host, expectsContinue } = routingFieldsOf(fields, minorVersion);
  const destination = destinationOf(method, target, host);
  return {
    method,
    target: destination.target,
    host: destination.host,
    minorVersion,
    fields,
    contentLength,
    // RFC 9112 section 6.3: a request whose fields tell of no body has none.
    framing: isChunked ? "chunked" : (contentLength ?? 0),
    connection,
    expectsContinue,
  };
}

function minorVersionOf(version: string): number {
  if (version === "HTTP/1.1") return 1;
  if (version === "HTTP/1.0") return 0;
  throw new Http1Error("version_unsupported", `${version} is not spoken here`);
}

function routingFieldsOf(fields: readonly HeaderField[], minorVersion: number) {
  let host: string | undefined;
  let expectsContinue = false;
  for (const [name, value] of fields) {
    if (name.length === "host".length && name.toLowerCase() === "host") {
      // RFC 9112 section 3.2: two readers could take different ones.
      if (host !== undefined) throw malformed("there are two Host fields");
      if (!HOST.test(value)) throw malformed("the Host field is no host");
      host = value;
    } else if (name.length === "expect".length && name.toLowerCase() === "expect") {
      expectsContinue ||= minorVersion > 0 && value.toLowerCase() === "100-continue";
    }
  }
  if (host === undefined && minorVersion > 0) throw malformed("there is no Host field");
  return { host: host ?? "", expectsContinue };
}

/** Of the four forms of RFC 9112 section 3.2, which is all there are. */
function destinationOf(method: string, target: string, host: string): { target: string; host: string } {
  if (target.startsWith("/") || (method === "OPTIONS" && target === "*")) return { target, host };
  const isConnect = method === "CONNECT";
  if (isConnect && HOST.test(target)) return { target, host };
  const [, authority = "", rest = ""] = ABSOLUTE_FORM.exec(target) ?? [];
  if (isConnect || authority === "" || !HOST.test(authority))
    throw malformed("a request target has no form that it may have");
  // RFC 9112 section 3.2.2: the host of an absolute target counts, whatever the field says.
  return { target: rest.startsWith("/") ? rest : `/${rest}`, host: authority };
}
