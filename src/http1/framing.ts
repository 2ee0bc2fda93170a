import type { HeaderField } from "./fields.ts";
import { malformed } from "./http1-error.ts";

/** How the end of a body is told, RFC 9112 section 6.3: by a number of bytes, by its chunks, or by the end of all. */
export type Framing = number | "chunked" | "until-close";

/** What the fields of a head say about the connection and the body. */
export interface FramingFields {
  readonly contentLength: number | undefined;
  readonly isChunked: boolean;
  /** Options of the Connection field, in lower case. */
  readonly connection: readonly string[];
}

/** One or more, of up to 15 digits: more bytes than anybody sends, and exact as a number. */
const CONTENT_LENGTHS = /^\d{1,15}(?:[\t ]*,[\t ]*\d{1,15})*$/;

const NO_OPTIONS: readonly string[] = [];

/** Finds out, and refuses what two readers could understand in two ways. Throws Http1Error. */
export function framingFieldsOf(fields: readonly HeaderField[], minorVersion: number): FramingFields {
  let contentLength: number | undefined;
  let isChunked = false;
  let connection: string[] | undefined;
  for (const [name, value] of fields) {
    // The length of the name rules out nearly every field without a look at its letters.
    switch (name.length) {
      case "connection".length:
        if (name.toLowerCase() === "connection") connection = listOf(value, connection);
        break;
      case "content-length".length:
        if (name.toLowerCase() === "content-length") contentLength = parseLength(value, contentLength);
        break;
      case "transfer-encoding".length:
        if (name.toLowerCase() !== "transfer-encoding") break;
        // RFC 9112 section 6.1: chunked once and last. No other coding is spoken here.
        if (isChunked || value.toLowerCase() !== "chunked")
          throw malformed("a transfer coding is not chunked");
        isChunked = true;
        break;
    }
  }
  // RFC 9112 section 6.1: HTTP/1.0 knows no transfer codings. Section 6.3: both at once is an attack or an error.
  if (isChunked && minorVersion === 0) throw malformed("an HTTP/1.0 message has Transfer-Encoding");
  if (isChunked && contentLength !== undefined) {
    throw malformed("a message has both Content-Length and Transfer-Encoding");
  }
  return { contentLength, isChunked, connection: connection ?? NO_OPTIONS };
}

/** Whether the sender keeps the connection for another message, RFC 9112 section 9.3. */
export function isPersistent(minorVersion: number, connection: readonly string[]): boolean {
  if (connection.includes("close")) return false;
  return minorVersion > 0 || connection.includes("keep-alive");
}

/** RFC 9110 section 8.6: the same length may be said several times, different ones may not. */
function parseLength(value: string, before: number | undefined): number {
  if (!CONTENT_LENGTHS.test(value)) throw malformed("a Content-Length is not a number of bytes");
  if (before === undefined && !value.includes(",")) return Number(value);
  const [first = 0, ...others] = value.split(",").map(Number);
  const length = before ?? first;
  if (first !== length || others.some((other) => other !== length))
    throw malformed("two Content-Lengths differ");
  return length;
}

/** The members of a list, RFC 9110 section 5.6.1, in lower case, behind those of an earlier field. */
function listOf(value: string, members: string[] = []): string[] {
  for (const text of value.toLowerCase().split(",")) {
    const member = text.trim();
    if (member !== "") members.push(member);
  }
  return members;
}
