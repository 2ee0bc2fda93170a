import { malformed } from "./http1-error.ts";

/** Name and value. A value holds one character per byte (Latin-1), and no control character but the tab. */
export type HeaderField = readonly [name: string, value: string];

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 section 5.5: visible characters, blanks, and bytes beyond ASCII. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Fields that are about one connection and not about the message, RFC 9110 section 7.6.1, by name in lower case. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

export function isFieldValue(text: string): boolean {
  return FIELD_VALUE.test(text);
}

/** Whether a field, its name in lower case, is about one connection only. */
export function isHopByHop(lowerCaseName: string): boolean {
  return HOP_BY_HOP.has(lowerCaseName);
}

/** A token as Go spells field names: `content-type` and `CONTENT-TYPE` are `Content-Type`; `_` is like a letter. */
export function canonicalHeaderName(name: string): string {
  let isFirst = true;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (isFirst ? isLowerCase(code) : isUpperCase(code)) return respell(name);
    isFirst = code === DASH;
  }
  return name;
}

/** Reads field lines, each with its line end: CRLF or LF; the HeadReader has seen to which is good. Throws Http1Error. */
export function parseFields(lines: string, from = 0): HeaderField[] {
  const fields: HeaderField[] = [];
  let start = from;
  while (start < lines.length) {
    const lineFeed = lines.indexOf("\n", start);
    fields.push(parseField(lines, start, lines.charCodeAt(lineFeed - 1) === CR ? lineFeed - 1 : lineFeed));
    start = lineFeed + 1;
  }
  return fields;
}

function parseField(lines: string, start: number, end: number): HeaderField {
  // RFC 9112 section 5.2: a line that goes on with the last one (obs-fold) is refused.
  if (isBlank(lines.charCodeAt(start))) throw malformed("a field line is folded");
  const colon = lines.indexOf(":", start);
  if (colon < 0 || colon >= end) throw malformed("a field line has no colon");
  const name = lines.slice(start, colon);
  // RFC 9112 section 5.1: white space before the colon lets two readers see two different fields.
  if (!TOKEN.test(name)) throw malformed("a field name is not a token");

  let valueStart = colon + 1;
  let valueEnd = end;
  while (valueStart < valueEnd && isBlank(lines.charCodeAt(valueStart))) valueStart++;
  while (valueEnd > valueStart && isBlank(lines.charCodeAt(valueEnd - 1))) valueEnd--;
  const value = lines.slice(valueStart, valueEnd);
  // RFC 9112 section 2.2: so a CR alone, or a NUL, makes the whole field invalid.
  if (!FIELD_VALUE.test(value)) throw malformed("a field value has a control character");
  return [name, value];
}

const CR = 0x0d;
const DASH = 0x2d;

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function isLowerCase(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isUpperCase(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

function respell(name: string): string {
  return name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}
