import { areFieldLines, type HeaderField, isToken, refuseBadField } from "./fields.ts";
import { malformed } from "./http1-error.ts";

/** RFC 9112 section 3.2: no white space; bytes beyond ASCII are let through as they came. */
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;

/**
 * The head of a request, up to and with the empty line, one character per byte. Fields are written in the order
 * given, spelled as given.
 * Throws Http1Error when a part of it would break out of its place: a line break, or a blank in a name.
 */
export function encodeRequestHead(method: string, target: string, fields: readonly HeaderField[]): string {
  if (!isToken(method)) throw malformed("a method is not a token");
  if (!TARGET.test(target)) throw malformed("a request target has a character it may not have");
  let lines = "";
  let hasColon = false;
  for (const [name, value] of fields) {
    hasColon ||= name.includes(":");
    lines += `${name}: ${value}\r\n`;
  }
  if (hasColon || !areFieldLines(lines, fields.length)) {
    for (const [name, value] of fields) refuseBadField(name, value);
  }
  return `${method} ${target} HTTP/1.1\r\n${lines}\r\n`;
}

/** A part of a body as a chunk, RFC 9112 section 7.1. The part is copied. An empty one would end the body. */
export function encodeChunk(part: Uint8Array): Buffer {
  if (part.length === 0) throw malformed("an empty chunk");
  const size = `${part.length.toString(16)}\r\n`;
  const chunk = Buffer.allocUnsafe(size.length + part.length + 2);
  chunk.write(size, 0, "latin1");
  chunk.set(part, size.length);
  chunk.write("\r\n", size.length + part.length, "latin1");
  return chunk;
}

/** The end of a chunked body, without trailers. */
export const LAST_CHUNK: Buffer = Buffer.from("0\r\n\r\n", "latin1");
