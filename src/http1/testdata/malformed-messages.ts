import {
  MALFORMED_CHUNKS,
  MALFORMED_FIELDS,
  MALFORMED_FRAMINGS,
  type Malformed,
} from "./malformed-fields.ts";

/** What is no request, or two requests to two readers; with the status that it is answered with. */
export type MalformedRequest = readonly [why: string, bytes: string, status: number];

const HOST = "Host: a\r\n";
const POST = `POST /evil HTTP/1.1\r\n${HOST}`;

const LINES: readonly MalformedRequest[] = [
  ...[
    " GET / HTTP/1.1",
    "GET",
    "GET ",
    "GET /",
    "GET / ",
    "GET / HTTP",
    "GET / HTTP/",
    "GET / HTTP/1",
    "GET / HTTP/1.",
    "GET / HTTP/.1",
    "GET / HTTP/1.1 ",
    "GET / HTTP/1.1\t",
    "GET / HTTP/1.1 x",
    "GET / HTTP/1.10",
    "GET / HTTP/11",
    "GET / HTTP/01.1",
    "GET / HTTP/1,1",
    "GET / HTTP / 1.1",
    "GET / http/1.1",
    "GET / XTTP/1.1",
    "GET / HTTPS/1.1",
    "GET  / HTTP/1.1",
    "GET /  HTTP/1.1",
    "GET\t/ HTTP/1.1",
    "GET /\tHTTP/1.1",
    "GET\v/ HTTP/1.1",
    "GET / a HTTP/1.1",
    "GET /a\0b HTTP/1.1",
    "GET /a\x01b HTTP/1.1",
    "GET /a\x7fb HTTP/1.1",
    "GET /a\tb HTTP/1.1",
    "GET /a\rb HTTP/1.1",
    "GET / HTTP/1.1\r",
    "G\0T / HTTP/1.1",
    "G(T / HTTP/1.1",
    "G:T / HTTP/1.1",
    "G/T / HTTP/1.1",
    "G\x80T / HTTP/1.1",
    '"GET" / HTTP/1.1',
    "GET a HTTP/1.1",
    "GET ? HTTP/1.1",
    "GET ?a HTTP/1.1",
    "GET # HTTP/1.1",
    "GET * HTTP/1.1",
    "POST * HTTP/1.1",
    "OPTIONS ** HTTP/1.1",
    "OPTIONS *? HTTP/1.1",
    "GET a:80 HTTP/1.1",
    "GET http: HTTP/1.1",
    "GET http:/ HTTP/1.1",
    "GET http:// HTTP/1.1",
    "GET http:/// HTTP/1.1",
    "GET http://:80/ HTTP/1.1",
    "GET http://u@a/ HTTP/1.1",
    "GET http://u:p@a/ HTTP/1.1",
    "GET http://a\\b/ HTTP/1.1",
    "GET http://a<b/ HTTP/1.1",
    "GET ftp://a/ HTTP/1.1",
    "GET file:///etc HTTP/1.1",
    "GET javascript:1 HTTP/1.1",
    "CONNECT ?a HTTP/1.1",
    "CONNECT http://a/ HTTP/1.1",
    "HTTP/1.1 200 OK",
    "SSH-2.0-x",
    "\x16\x03\x01\x02",
    "{}",
    "\xef\xbb\xbfGET / HTTP/1.1",
  ].map((line): MalformedRequest => [`the line ${JSON.stringify(line)}`, `${line}\r\n${HOST}\r\n`, 400]),
  ...["HTTP/0.9", "HTTP/1.2", "HTTP/1.9", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9", "HTTP/0.0"].map(
    (version): MalformedRequest => [`the version ${version}`, `GET / ${version}\r\n${HOST}\r\n`, 505],
  ),
  ["the greeting of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
  ["a line that ends with LF", `GET / HTTP/1.1\n${HOST}\r\n`, 400],
  ["a head that ends with LF", `GET / HTTP/1.1\r\n${HOST}\n`, 400],
  ["a head of LF alone", "GET / HTTP/1.1\nHost: a\n\n", 400],
  ["two empty lines before it", `\r\n\r\nGET / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["LF before it", `\nGET / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["blanks before the first field", `GET / HTTP/1.1\r\n ${HOST}\r\n`, 400],
  ["a target that is too long", `GET /${"x".repeat(17_000)} HTTP/1.1\r\n${HOST}\r\n`, 414],
  ["a head that is too long", `GET / HTTP/1.1\r\n${HOST}Evil: ${"x".repeat(70_000)}\r\n\r\n`, 431],
  [
    "a head that is too long in many lines",
    `GET / HTTP/1.1\r\n${HOST}${"Evil: 1\r\n".repeat(9000)}\r\n`,
    431,
  ],
  ["a line without an end", `GET /${"x".repeat(70_000)}`, 431],
];

const HOSTS: readonly MalformedRequest[] = [
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["no Host but another field", "GET / HTTP/1.1\r\nX-Host: a\r\n\r\n", 400],
  ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
  ["the same Host twice", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nhost: a\r\n\r\n", 400],
  ["two Hosts and a target with one", "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
  ...["a b", "a/b", "a@b", "http://a", "a?b", "a#b", "a\\b", "a<b", 'a"b', "a^b", "a|b", "a{b}", "\xe9"].map(
    (host): MalformedRequest => [
      `the Host ${JSON.stringify(host)}`,
      `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
      400,
    ],
  ),
];

/** Refused by their heads. */
export const MALFORMED_REQUESTS: readonly MalformedRequest[] = [
  ...LINES,
  ...HOSTS,
  ...MALFORMED_FIELDS.map(([why, lines]): MalformedRequest => [why, `${POST}${lines}\r\n`, 400]),
  ...MALFORMED_FRAMINGS.map(
    ([why, lines]): MalformedRequest => [why, `${POST}${lines}\r\n5\r\nevil!\r\n0\r\n\r\n`, 400],
  ),
  ["chunks of an old client", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400],
];

/** Refused within their bodies: a head has come that is good. */
export const MALFORMED_BODIES: readonly Malformed[] = MALFORMED_CHUNKS.map(([why, chunks]) => [
  why,
  `${POST}Transfer-Encoding: chunked\r\n\r\n${chunks}`,
]);

const STATUS_LINES: readonly string[] = [
  " HTTP/1.1 200 OK",
  "HTTP/1.1",
  "HTTP/1.1 ",
  "HTTP/1.1 OK",
  "HTTP/1.1 20 OK",
  "HTTP/1.1 2000 OK",
  "HTTP/1.1 099 OK",
  "HTTP/1.1 000 OK",
  "HTTP/1.1 600 OK",
  "HTTP/1.1 999 OK",
  "HTTP/1.1 -200 OK",
  "HTTP/1.1 +200 OK",
  "HTTP/1.1 2e2 OK",
  "HTTP/1.1 200OK",
  "HTTP/1.1\t200 OK",
  "HTTP/1.1  200 OK",
  "HTTP/1.1 200\tOK",
  "HTTP/1.1 200 O\0K",
  "HTTP/1.1 200 O\x1bK",
  "HTTP/1.1 200 O\x7fK",
  "HTTP/1.1 200 OK\r",
  "HTTP/1.1 200 O\rK",
  "HTTP/2.0 200 OK",
  "HTTP/0.9 200 OK",
  "HTTP/2 200",
  "HTTP/11 200 OK",
  "HTTP/1 200 OK",
  "HTTP/1. 200 OK",
  "HTTP/1.10 200 OK",
  "HTTP 200 OK",
  "http/1.1 200 OK",
  "HTTPS/1.1 200 OK",
  "ICY 200 OK",
  "GET / HTTP/1.1",
  "SSH-2.0-evil",
  "220 evil ESMTP",
  "\x15\x03\x01\x00\x02",
  "<html>evil</html>",
  "\xef\xbb\xbfHTTP/1.1 200 OK",
  `HTTP/1.1 200 ${"x".repeat(9000)}`,
  "HTTP/1.1 101 Switching Protocols",
];

const OK = "HTTP/1.1 200 OK\r\n";

export const MALFORMED_RESPONSES: readonly Malformed[] = [
  ...STATUS_LINES.map(
    (line): Malformed => [
      `the line ${JSON.stringify(line.slice(0, 40))}`,
      `${line}\r\nContent-Length: 4\r\n\r\nevil`,
    ],
  ),
  ["an empty line before it", `\r\n${OK}Content-Length: 4\r\n\r\nevil`],
  ["LF before it", `\n${OK}Content-Length: 4\r\n\r\nevil`],
  ["a line that ends with LF", "HTTP/1.1 200 OK\nContent-Length: 4\r\n\r\nevil"],
  ["a head that ends with LF", `${OK}Content-Length: 4\r\n\nevil`],
  ["a head of LF alone", "HTTP/1.1 200 OK\nContent-Length: 4\n\nevil"],
  ["a head that is too long", `${OK}Evil: ${"x".repeat(70_000)}\r\n\r\n`],
  ["an interim head that is none", `HTTP/1.1 103 X\r\nEvil : 1\r\n\r\n${OK}Content-Length: 4\r\n\r\nevil`],
  [
    "a switch of protocols behind an interim head",
    "HTTP/1.1 100 X\r\n\r\nHTTP/1.1 101 X\r\nUpgrade: evil\r\n\r\n",
  ],
  ["chunks of HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n"],
  ...MALFORMED_FIELDS.map(([why, lines]): Malformed => [why, `${OK}${lines}Content-Length: 4\r\n\r\nevil`]),
  ...MALFORMED_FRAMINGS.map(([why, lines]): Malformed => [why, `${OK}${lines}\r\n5\r\nevil!\r\n0\r\n\r\n`]),
  // What does not come in one read has begun to go through before it shows what it is.
  ...MALFORMED_CHUNKS.filter(([, chunks]) => chunks.length < 60_000).map(
    ([why, chunks]): Malformed => [why, `${OK}Transfer-Encoding: chunked\r\n\r\n${chunks}`],
  ),
];
