/** What a machine may not take for fields, whoever sends them, with why. Each is lines, with the end of each. */
export type Malformed = readonly [why: string, bytes: string];

const shown = (byte: number) => `0x${byte.toString(16).padStart(2, "0")}`;

/** RFC 9110 section 5.6.2: what is no part of a token. CR and LF are cases of their own. */
const NOT_IN_NAMES: readonly number[] = [
  ...Array.from({ length: 0x20 }, (_, byte) => byte).filter((byte) => byte !== 0x0a && byte !== 0x0d),
  ...Array.from(' "(),/;<=>?@[\\]{}', (character) => character.charCodeAt(0)),
  0x7f,
  0x80,
  0xff,
];

/** RFC 9110 section 5.5: control characters, but for the tab. */
const NOT_IN_VALUES: readonly number[] = [
  ...Array.from({ length: 0x20 }, (_, byte) => byte).filter((byte) => ![0x09, 0x0a, 0x0d].includes(byte)),
  0x7f,
];

export const MALFORMED_FIELDS: readonly Malformed[] = [
  ...NOT_IN_NAMES.map(
    (byte): Malformed => [`a name with ${shown(byte)}`, `Ev${String.fromCharCode(byte)}il: 1\r\n`],
  ),
  ...NOT_IN_VALUES.map(
    (byte): Malformed => [`a value with ${shown(byte)}`, `Evil: a${String.fromCharCode(byte)}b\r\n`],
  ),
  ["a name and a blank", "Evil : 1\r\n"],
  ["a name and a tab", "Evil\t: 1\r\n"],
  ["no name", ": evil\r\n"],
  ["no colon", "Evil\r\n"],
  ["no colon and a value", "Evil value\r\n"],
  ["a line that goes on with a blank", "Evil: 1\r\n 2\r\n"],
  ["a line that goes on with a tab", "Evil: 1\r\n\t2\r\n"],
  ["a line of blanks", "Evil: 1\r\n \r\n"],
  ["a line that ends with LF", "Evil: 1\n"],
  ["a line that ends with CR", "Evil: 1\rEvil: 2\r\n"],
  ["a line that ends with two CR", "Evil: 1\r\r\n"],
  ["a CR in a value", "Evil: a\rb\r\n"],
  ["a CR in a name", "Ev\ril: 1\r\n"],
  ["an LF in a name", "Ev\nil: 1\r\n"],
  ["a CR before the colon", "Evil\r: 1\r\n"],
];

/** What tells of a body in two ways, or in none that is known. */
export const MALFORMED_FRAMINGS: readonly Malformed[] = [
  ...[
    "",
    "+1",
    "-1",
    "1.0",
    "1e1",
    "0x5",
    "5h",
    "5;",
    "5 5",
    "5,",
    ",5",
    "5,6",
    "5, 5, 6",
    '"5"',
    "five",
    "\xb2",
    "9".repeat(16),
    "9".repeat(40),
    "00000000000000005",
    "NaN",
    "Infinity",
    "5\t5",
  ].map((value): Malformed => [`a length of ${JSON.stringify(value)}`, `Content-Length: ${value}\r\n`]),
  ["two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"],
  ["two lengths with others between", "Content-Length: 5\r\nX-Evil: 1\r\ncontent-length: 0\r\n"],
  ["a length and no length", "Content-Length: 5\r\nContent-Length: \r\n"],
  ...[
    "",
    "gzip",
    "identity",
    "chunked, chunked",
    "chunked, identity",
    "chunked, gzip",
    "gzip, chunked",
    "chunked,",
    ",chunked",
    "chunked;q=1",
    '"chunked"',
    "xchunked",
    "chunked x",
    "chunke",
    "c hunked",
    "chunked\xa0",
    "trailers",
  ].map((value): Malformed => [`a coding of ${JSON.stringify(value)}`, `Transfer-Encoding: ${value}\r\n`]),
  ["two codings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"],
  ["two codings, one of them unknown", "Transfer-Encoding: chunked\r\nTransfer-Encoding: evil\r\n"],
  ["two codings, one of them none", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"],
  ["a length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"],
  ["chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"],
  ["a length of nothing and chunks", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"],
  ["a length and chunks, in other letters", "CONTENT-LENGTH: 5\r\ntransfer-ENCODING: Chunked\r\n"],
];

/** What stands where a body in chunks should. */
export const MALFORMED_CHUNKS: readonly Malformed[] = [
  ["no size", "\r\nevil!\r\n"],
  ["a size that is no number", "evil\r\n"],
  ["a size with a sign", "+5\r\nevil!\r\n0\r\n\r\n"],
  ["a size below nothing", "-5\r\nevil!\r\n0\r\n\r\n"],
  ["a size with a prefix", "0x5\r\nevil!\r\n0\r\n\r\n"],
  ["a size with a suffix", "5h\r\nevil!\r\n0\r\n\r\n"],
  ["a blank before a size", " 5\r\nevil!\r\n0\r\n\r\n"],
  ["a blank behind a size", "5 \r\nevil!\r\n0\r\n\r\n"],
  ["a tab behind a size", "5\t\r\nevil!\r\n0\r\n\r\n"],
  ["a size of too many digits", `${"0".repeat(13)}5\r\nevil!\r\n0\r\n\r\n`],
  ["a size beyond numbers", "ffffffffffffffff\r\nevil!\r\n"],
  ["a size beyond 64 bits", "10000000000000005\r\nevil!\r\n0\r\n\r\n"],
  ["a size with a comma", "5,5\r\nevil!\r\n0\r\n\r\n"],
  ["a size with a point", "5.0\r\nevil!\r\n0\r\n\r\n"],
  ["a size in quotes", '"5"\r\nevil!\r\n0\r\n\r\n'],
  ["a size line that ends with LF", "5\nevil!\r\n0\r\n\r\n"],
  ["a size line that ends with CR", "5\revil!\r\n0\r\n\r\n"],
  ["a size line that ends with two CR", "5\r\r\nevil!\r\n0\r\n\r\n"],
  ["an extension with NUL", "5;a=\0\r\nevil!\r\n0\r\n\r\n"],
  ["an extension that ends with LF", "5;a=b\nevil!\r\n0\r\n\r\n"],
  ["an extension with CR", "5;a=\rb\r\nevil!\r\n0\r\n\r\n"],
  ["extensions that are too long", `5;${"x".repeat(17_000)}\r\nevil!\r\n0\r\n\r\n`],
  ["a chunk longer than its size", "5\r\nevil!!\r\n0\r\n\r\n"],
  ["a chunk shorter than its size", "6\r\nevil!\r\n0\r\n\r\n"],
  ["a chunk that ends with LF", "5\r\nevil!\n0\r\n\r\n"],
  ["a chunk that ends with CR", "5\r\nevil!\r0\r\n\r\n"],
  ["a chunk without an end", "5\r\nevil!0\r\n\r\n"],
  ["a second size that is no number", "5\r\nevil!\r\nx\r\n"],
  ["a trailer without a colon", "5\r\nevil!\r\n0\r\nevil\r\n\r\n"],
  ["a trailer with a blank before its colon", "5\r\nevil!\r\n0\r\nEvil : 1\r\n\r\n"],
  ["a trailer that is folded", "5\r\nevil!\r\n0\r\nEvil: 1\r\n 2\r\n\r\n"],
  ["a trailer that ends with LF", "5\r\nevil!\r\n0\r\nEvil: 1\n\r\n"],
  ["a trailer with NUL", "5\r\nevil!\r\n0\r\nEvil: \0\r\n\r\n"],
  ["trailers that end with LF", "5\r\nevil!\r\n0\r\n\n"],
  ["trailers that are too long", `5\r\nevil!\r\n0\r\nEvil: ${"x".repeat(70_000)}\r\n\r\n`],
];
