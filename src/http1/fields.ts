import { malformed } from "./http1-error.ts";

/** Name and value. A value holds one character per byte (Latin-1), and no control character but the tab. */
export type HeaderField = readonly [name: string, value: string];

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 section 5.5: visible characters, blanks, and bytes beyond ASCII. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Any number of field lines, each a token, a colon and a value. */
const FIELD_LINES = /(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r?\n)*/y;

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

/**
 * Whether the text is so many field lines and nothing else. When each was written with one line end, and no name has
 * a colon in it, no name and no value breaks out of its place.
 */
export function areFieldLines(text: string, count: number): boolean {
  FIELD_LINES.lastIndex = 0;
  if (!FIELD_LINES.test(text) || FIELD_LINES.lastIndex !== text.length) return false;
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines === count;
}

/** Throws Http1Error when a field may not be written: it would break out of its place, or is none. */
export function refuseBadField(name: string, value: string): void {
  if (!isToken(name)) throw malformed("a field name is not a token");
  if (!isFieldValue(value)) throw malformed(`the value of ${name} has a character it may not have`);
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
  FIELD_LINES.lastIndex = from;
  // One look at all lines is quicker than one at each; only lines that are wrong are looked at one by one.
  const areGood = FIELD_LINES.test(lines) && FIELD_LINES.lastIndex === lines.length;
  const parse = areGood ? splitField : parseField;
  let start = from;
  while (start < lines.length) {
    const lineFeed = lines.indexOf("\n", start);
    fields.push(parse(lines, start, lines.charCodeAt(lineFeed - 1) === CR ? lineFeed - 1 : lineFeed));
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

  // RFC 9112 section 2.2: so a CR alone, or a NUL, makes the whole field invalid.
  const field = splitField(lines, start, end);
  if (!FIELD_VALUE.test(field[1])) throw malformed("a field value has a control character");
  return field;
}

/** Of a line that is good: the name, and the value without the blanks around it. */
function splitField(lines: string, start: number, end: number): HeaderField {
  const colon = lines.indexOf(":", start);
  let valueStart = colon + 1;
  let valueEnd = end;
  while (valueStart < valueEnd && isBlank(lines.charCodeAt(valueStart))) valueStart++;
  while (valueEnd > valueStart && isBlank(lines.charCodeAt(valueEnd - 1))) valueEnd--;
  return [lines.slice(start, colon), lines.slice(valueStart, valueEnd)];
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
