import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Http1Error } from "./http1-error.ts";
import { encodeChunk, encodeRequestHead, LAST_CHUNK } from "./request-writer.ts";

describe("a request head", () => {
  test("is the request line, the fields as given, and an empty line", () => {
    const head = encodeRequestHead("PUT", "/r/shop/price?id=7", [
      ["Host", "fn.example:8080"],
      ["x-Tag", "a"],
      ["x-Tag", "b"],
    ]);
    assert.equal(
      head,
      "PUT /r/shop/price?id=7 HTTP/1.1\r\nHost: fn.example:8080\r\nx-Tag: a\r\nx-Tag: b\r\n\r\n",
    );
  });

  test("has a byte for each character", () => {
    const head = encodeRequestHead("GET", "/\u00e9", [["A", "\u00c2\u00b5"]]);
    assert.equal(head, "GET /\u00e9 HTTP/1.1\r\nA: \u00c2\u00b5\r\n\r\n");
  });

  for (const [what, method, target, name, value] of [
    ["a line break in the method", "GET\r\n", "/", "A", "b"],
    ["a blank in the method", "GE T", "/", "A", "b"],
    ["a line break in the target", "GET", "/\r\nB: c", "A", "b"],
    ["a blank in the target", "GET", "/a b", "A", "b"],
    ["an empty target", "GET", "", "A", "b"],
    ["a line break in a name", "GET", "/", "A\r\nB", "b"],
    ["a blank in a name", "GET", "/", "A ", "b"],
    ["a colon in a name", "GET", "/", "A: b, C", "d"],
    ["an empty name", "GET", "/", "", "b"],
    ["a CR in a value", "GET", "/", "A", "b\rc"],
    ["an LF in a value", "GET", "/", "A", "b\nc"],
    ["a whole field in a value", "GET", "/", "A", "b\r\nC: d"],
    ["a whole field in a name", "GET", "/", "A: b\r\nC", "d"],
    ["a NUL in a value", "GET", "/", "A", "b\0c"],
    ["a character that would be cut to a line break", "GET", "/", "A", "b\u010ac"],
  ] as const) {
    test(`with ${what} is refused`, () => {
      assert.throws(() => encodeRequestHead(method, target, [[name, value]]), Http1Error);
    });
  }
});

describe("a chunk", () => {
  test("is its size in hexadecimal, the data, and line ends", () => {
    assert.equal(encodeChunk(Buffer.from("0123456789")).toString(), "a\r\n0123456789\r\n");
  });

  test("is never empty, since that would be the last", () => {
    assert.throws(() => encodeChunk(Buffer.alloc(0)), Http1Error);
    assert.equal(LAST_CHUNK.toString(), "0\r\n\r\n");
  });
});
