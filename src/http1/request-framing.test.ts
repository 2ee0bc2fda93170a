import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHUNK_EXTENSION_BYTES_MAX } from "./body-reader.ts";
import { HEAD_BYTES_MAX } from "./head-reader.ts";
import { headOf, readRequests, refuses } from "./testdata/requests.ts";

const HOST = "Host: fn.example\r\n";

/** RFC 9112 section 6. */
describe("the body of a request", () => {
  const start = `POST / HTTP/1.1\r\n${HOST}`;

  test("is none when nothing is said of it", () => {
    const requests = readRequests(`${start}\r\n`);
    assert.equal(requests[0]?.head.framing, 0);
  });

  test("is as long as its length says, and what follows is the next request", () => {
    const requests = readRequests(`${start}Content-Length: 2\r\n\r\nhi${start}\r\n`);
    assert.deepEqual(
      requests.map(({ body }) => body),
      ["hi", ""],
    );
  });

  test("ends with its last chunk, and what follows is the next request", () => {
    const chunks = "2\r\nhi\r\n0\r\nA: b\r\n\r\n";
    const requests = readRequests(`${start}transfer-encoding: CHUNKED\r\n\r\n${chunks}${start}\r\n`);
    assert.deepEqual(
      requests.map(({ body, trailers }) => ({ body, trailers })),
      [
        { body: "hi", trailers: [["A", "b"]] },
        { body: "", trailers: [] },
      ],
    );
  });

  test("without trailers ends where it ends, also before a head as long as may be", () => {
    const head = `${`${start}A: `.padEnd(HEAD_BYTES_MAX - 4, "x")}\r\n\r\n`;
    const requests = readRequests(`${start}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${head}`);
    assert.equal(requests[1]?.headText, head);
  });

  test("may be told by the same length twice", () => {
    assert.equal(headOf(`${start}Content-Length: 2\r\nContent-Length: 2\r\n\r\n`).contentLength, 2);
    assert.equal(headOf(`${start}Content-Length: 2, 2\r\n\r\n`).contentLength, 2);
  });

  for (const [what, fields] of [
    ["both Content-Length and Transfer-Encoding", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"],
    ["Transfer-Encoding, then Content-Length", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"],
    ["two lengths", "Content-Length: 2\r\nContent-Length: 3\r\n"],
    ["two lengths in one field", "Content-Length: 2, 3\r\n"],
    ["an empty length", "Content-Length:\r\n"],
    ["an empty member in a list of lengths", "Content-Length: 2,\r\n"],
    ["a length with a sign", "Content-Length: +2\r\n"],
    ["a negative length", "Content-Length: -2\r\n"],
    ["a hexadecimal length", "Content-Length: 0x2\r\n"],
    ["a length with a fraction", "Content-Length: 2.0\r\n"],
    ["a length with a blank in it", "Content-Length: 2 2\r\n"],
    ["a length beside a blank that is not ASCII", "Content-Length: 2, 2\xa0\r\n"],
    ["a length beyond exact numbers", "Content-Length: 9007199254740993\r\n"],
    ["a coding besides chunked", "Transfer-Encoding: gzip, chunked\r\n"],
    ["a coding behind chunked", "Transfer-Encoding: chunked, gzip\r\n"],
    ["another coding", "Transfer-Encoding: identity\r\n"],
    ["chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"],
    ["chunked twice in one field", "Transfer-Encoding: chunked, chunked\r\n"],
    ["an empty coding", "Transfer-Encoding:\r\n"],
    ["a coding in quotes", 'Transfer-Encoding: "chunked"\r\n'],
    ["a coding with a parameter", "Transfer-Encoding: chunked;q=1\r\n"],
    ["a coding beside a blank that is not ASCII", "Transfer-Encoding: \xa0chunked\r\n"],
  ] as const) {
    test(`by ${what} is malformed`, () => refuses(`${start}${fields}\r\n`, "malformed"));
  }

  test("by chunks in HTTP/1.0 is malformed", () => {
    refuses("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "malformed");
  });

  for (const [what, chunks] of [
    ["an LF alone behind a size", "2\nhi\r\n0\r\n\r\n"],
    ["an LF alone behind its data", "2\r\nhi\n0\r\n\r\n"],
    ["an LF alone in an extension", "2;a\nb\r\nhi\r\n0\r\n\r\n"],
    ["a CR alone in an extension", "2;a\rb\r\nhi\r\n0\r\n\r\n"],
    ["an empty line before a size", "\r\n2\r\nhi\r\n0\r\n\r\n"],
    ["a size with 0x", "0x2\r\nhi\r\n0\r\n\r\n"],
    ["a size with a fraction", "2.0\r\nhi\r\n0\r\n\r\n"],
    ["a size of more than 2^52 bytes", "10000000000000002\r\nhi\r\n0\r\n\r\n"],
    ["extensions beyond the limit", `2;${"x".repeat(CHUNK_EXTENSION_BYTES_MAX + 1)}\r\nhi\r\n0\r\n\r\n`],
    ["a folded trailer", "0\r\nA: b\r\n c\r\n\r\n"],
  ] as const) {
    test(`in chunks with ${what} is malformed`, () => {
      refuses(`${start}Transfer-Encoding: chunked\r\n\r\n${chunks}`, "malformed");
    });
  }
});
