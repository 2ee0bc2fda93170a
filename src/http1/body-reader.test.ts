import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHUNK_EXTENSION_BYTES_MAX } from "./body-reader.ts";
import { HEAD_BYTES_MAX } from "./head-reader.ts";
import { read, refuses } from "./testdata/reading.ts";

describe("a body of known length", () => {
  test("ends after that many bytes", () => {
    const { body, isDone, rest } = read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi there");
    assert.deepEqual({ body, isDone, rest }, { body: "hi", isDone: true, rest: " there" });
  });

  test("may say its length twice", () => {
    const fields = "Content-Length: 2\r\nContent-Length: 2, 2\r\n";
    assert.equal(read(`HTTP/1.1 200 OK\r\n${fields}\r\nhi`).body, "hi");
  });

  for (const length of ["", "-1", "+1", "1.0", "0x1", "1 1", "1,2", ",", "9999999999999999"]) {
    test(`cannot have the length '${length}'`, () => {
      refuses(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`, "malformed");
    });
  }

  test("cannot have two lengths", () => {
    refuses("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "malformed");
  });
});

describe("a chunked body", () => {
  const start = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n";

  test("is the data of its chunks", () => {
    const { body, isDone, rest } = read(`${start}2\r\nhi\r\n00A\r\n there, Bo\r\n0\r\n\r\nHTTP`);
    assert.deepEqual({ body, isDone, rest }, { body: "hi there, Bo", isDone: true, rest: "HTTP" });
  });

  test("may have extensions, which say nothing here", () => {
    const { body, isDone } = read(`${start}2;a=b;c="d"\r\nhi\r\n0;e\r\n\r\n`);
    assert.deepEqual({ body, isDone }, { body: "hi", isDone: true });
  });

  test("may have trailers", () => {
    const { isDone, trailers } = read(`${start}0\r\nX-Sum: 1\r\nx-more: 2\r\n\r\n`);
    assert.equal(isDone, true);
    assert.deepEqual(trailers, [
      ["X-Sum", "1"],
      ["x-more", "2"],
    ]);
  });

  for (const [what, text] of [
    ["a size that is not hexadecimal", "g\r\n"],
    ["no size", "\r\n"],
    ["a blank after the size", "2 \r\nhi\r\n"],
    ["a sign before the size", "+2\r\nhi\r\n"],
    ["a size of too many digits", "00000000000002\r\nhi\r\n"],
    ["a size line that ends without CR", "2\nhi\r\n"],
    ["a size line that ends without LF", "2\rhi\r\n"],
    ["more data than its size", "2\r\nhi!\r\n"],
    ["data that ends without LF", "2\r\nhi\r0"],
    ["a control character in an extension", "2;a\x00\r\nhi\r\n"],
    ["a malformed trailer", "0\r\nnonsense\r\n\r\n"],
    ["a trailer that ends without CR", "0\r\nA: b\n\r\n"],
  ] as const) {
    test(`with ${what} is malformed`, () => refuses(start + text, "malformed"));
  }

  test("has a limit for all its extensions together", () => {
    const extension = "x".repeat(CHUNK_EXTENSION_BYTES_MAX / 4);
    const chunk = `1;${extension}\r\na\r\n`;
    assert.equal(read(start + chunk.repeat(4)).body, "aaaa");
    refuses(start + chunk.repeat(5), "malformed");
  });

  test("has a limit for its trailers", () => {
    refuses(`${start}0\r\nA: ${"x".repeat(HEAD_BYTES_MAX)}\r\n\r\n`, "head_too_large");
  });
});
