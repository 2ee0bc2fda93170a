import { type HeaderField, isToken } from "../../http1/fields.ts";
import type { RequestHead } from "../../http1/request-reader.ts";
import { fieldKindOf } from "./field-kind.ts";
import type { Peer } from "./peer.ts";

/** How this balancer is called where proxies name themselves (RFC 9110 section 7.6.3). */
export const PSEUDONYM = "fnlb";

/**
 * The head of a request on its way to a node, up to and with the empty line: without the fields of the client's connection,
 * and with those in which a proxy says whom it speaks for. `Expect` goes, since it is answered here. All of it is made of
 * what was parsed, so nothing in it can break out of its place.
 */
export function encodeNodeRequest(head: RequestHead, peer: Peer, requestId: string): string {
  const { method, target, host, fields, minorVersion, contentLength, framing } = head;
  const named = namedByConnection(head.connection);
  const told = new Told();
  let text = `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n`;
  for (const [name, value] of fields) {
    const kind = fieldKindOf(name);
    if (kind === undefined || kind === "date" || kind === "idempotency-key") {
      if (named === undefined || !named.has(name.toLowerCase())) text += `${name}: ${value}\r\n`;
    } else if (kind === "max-forwards") {
      text += `${name}: ${isHopCounted(method) ? lessOne(value) : value}\r\n`;
    } else if (peer.isTrusted) {
      told.note(kind, value);
    }
  }
  text += told.isAny ? forwardingLines(told, peer, host) : ownForwardingLines(peer, host);
  text += passageLines(minorVersion, requestId);
  if (framing === "chunked") text += "Transfer-Encoding: chunked\r\n";
  else if (contentLength !== undefined) text += `Content-Length: ${contentLength}\r\n`;
  return `${text}\r\n`;
}

/** What a message is marked with that has come this way, in version 1.x. */
export function passageLines(minorVersion: number, requestId: string): string {
  return `${PASSAGE[minorVersion]}${requestId}\r\n`;
}

/** For each digit that a version can end with. */
const PASSAGE = Array.from({ length: 10 }, (_, minor) => `Via: 1.${minor} ${PSEUDONYM}\r\nX-Request-Id: `);

/** Trailers as lines, less those that are about the connection, the framing or the way, which would come too late. */
export function encodeTrailers(trailers: readonly HeaderField[]): string {
  let lines = "";
  for (const [name, value] of trailers) if (fieldKindOf(name) === undefined) lines += `${name}: ${value}\r\n`;
  return lines;
}

/** Names in the Connection field that are no options of it: of fields that go no further. Undefined for none. */
export function namedByConnection(connection: readonly string[]): ReadonlySet<string> | undefined {
  for (const name of connection) if (name !== "close" && name !== "keep-alive") return new Set(connection);
  return undefined;
}

/** RFC 9110 section 7.6.2: of these methods the number of proxies on the way may be limited. */
export function isHopCounted(method: string): boolean {
  return method === "OPTIONS" || method === "TRACE";
}

/** What a trusted peer says of where the request came from. */
class Told {
  forwarded = "";
  xFor = "";
  xHost = "";
  xProto = "";

  get isAny(): boolean {
    return this.forwarded !== "" || this.xFor !== "" || this.xHost !== "" || this.xProto !== "";
  }

  note(kind: string, value: string): void {
    if (kind === "forwarded") this.forwarded += this.forwarded === "" ? value : `, ${value}`;
    else if (kind === "x-forwarded-for") this.xFor += this.xFor === "" ? value : `, ${value}`;
    else if (kind === "x-forwarded-host") this.xHost ||= value;
    else if (kind === "x-forwarded-proto") this.xProto ||= value;
  }
}

/** The same for every request of a connection, as long as it names one host. */
const ownLines = new WeakMap<Peer, { readonly host: string; readonly lines: string }>();

function ownForwardingLines(peer: Peer, host: string): string {
  let own = ownLines.get(peer);
  if (own?.host !== host) {
    // It stays as long as the connection, and must not hold on to the head that it was made from.
    own = { host: copyOf(host), lines: copyOf(forwardingLines(NOTHING_TOLD, peer, host)) };
    ownLines.set(peer, own);
  }
  return own.lines;
}

function forwardingLines(told: Told, { address, proto }: Peer, host: string): string {
  const xFor = told.xFor === "" ? address : `${told.xFor}, ${address}`;
  const xHost = told.xHost || host;
  let text = `X-Forwarded-For: ${xFor}\r\nX-Forwarded-Proto: ${told.xProto || proto}\r\n`;
  if (xHost !== "") text += `X-Forwarded-Host: ${xHost}\r\n`;
  const before = told.forwarded === "" ? "" : `${told.forwarded}, `;
  const node = address.includes(":") ? `"[${address}]"` : address;
  text += `Forwarded: ${before}for=${node};proto=${proto}`;
  return host === "" ? `${text}\r\n` : `${text};host=${tokenOrQuoted(host)}\r\n`;
}

const NOTHING_TOLD = new Told();

/** The same text in one piece of memory: a part of a string keeps the whole, and one put together keeps its parts. */
function copyOf(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/** RFC 7239 section 4: what is no token is quoted. A host has no quotes and no backslashes in it. */
function tokenOrQuoted(host: string): string {
  return isToken(host) ? host : `"${host}"`;
}

function lessOne(value: string): string {
  return /^\d{1,9}$/.test(value) ? String(Number(value) - 1) : value;
}
