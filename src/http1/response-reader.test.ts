import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HEAD_BYTES_MAX } from "./head-reader.ts";
import { ResponseReader } from "./response-reader.ts";
import { Reading, read, refuses } from "./testdata/reading.ts";

describe("a response's head", () => {
  test("is a status and fields in order, spelled as sent", () => {
    const { head } = read("HTTP/1.1 201 Created\r\nX-b: 1\r\nx-A: 2\r\nContent-Length: 0\r\n\r\n");
    assert.equal(head?.status, 201);
    assert.deepEqual(head?.fields, [
      ["X-b", "1"],
      ["x-A", "2"],
      ["Content-Length", "0"],
    ]);
  });

  test("may have no reason, and no blank before it", () => {
    assert.equal(read("HTTP/1.1 204 \r\n\r\n").head?.status, 204);
    assert.equal(read("HTTP/1.1 204\r\n\r\n").head?.status, 204);
  });

  test("has field values without the blanks around them", () => {
    const { head } = read("HTTP/1.1 204 \r\nA:\t b c \t\r\nB:\r\nC::\r\n\r\n");
    assert.deepEqual(head?.fields, [
      ["A", "b c"],
      ["B", ""],
      ["C", ":"],
    ]);
  });

  test("keeps bytes beyond ASCII, a character for each", () => {
    const { head } = read(Buffer.from("HTTP/1.1 204 \r\nA: \xc2\xb5\r\n\r\n", "latin1"));
    assert.deepEqual(head?.fields, [["A", "\u00c2\u00b5"]]);
  });

  test("lists what Connection says, in lower case", () => {
    const { head } = read("HTTP/1.1 204 \r\nConnection: Close, X-A\r\nConnection: keep-alive\r\n\r\n");
    assert.deepEqual(head?.connection, ["close", "x-a", "keep-alive"]);
  });

  test("that is interim is read over", () => {
    const { head, body } = read(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    );
    assert.equal(head?.status, 200);
    assert.equal(body, "hi");
  });

  for (const [what, text] of [
    ["no status line", "hello, world\r\n\r\n"],
    ["an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n"],
    ["HTTP/2", "HTTP/2.0 200 OK\r\n\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a status beyond 599", "HTTP/1.1 600 OK\r\n\r\n"],
    ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"],
    ["two blanks before the status", "HTTP/1.1  200 OK\r\n\r\n"],
    ["a control character in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n"],
    ["a CR without LF in a value", "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n"],
    ["a NUL in a value", "HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n"],
    ["a folded line", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"],
    ["white space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\na"],
    ["a line without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\nA: b\r\n\r\n"],
    ["an empty name", "HTTP/1.1 200 OK\r\n: b\r\n\r\n"],
  ] as const) {
    test(`with ${what} is malformed`, () => refuses(text, "malformed"));
  }

  test("may be as long as the limit, and no longer", () => {
    const rest = "HTTP/1.1 204 \r\nA: \r\n\r\n".length;
    const headOf = (bytes: number) => `HTTP/1.1 204 \r\nA: ${"x".repeat(bytes - rest)}\r\n\r\n`;
    assert.equal(read(headOf(HEAD_BYTES_MAX)).isDone, true);
    refuses(headOf(HEAD_BYTES_MAX + 1), "head_too_large");
  });

  test("that never ends is refused at the limit", () => {
    refuses("HTTP/1.1 200 OK\r\n".padEnd(HEAD_BYTES_MAX + 1, "x"), "head_too_large");
  });

  test("with a status line out of proportion is malformed", () => {
    refuses(`HTTP/1.1 200 ${"x".repeat(9000)}\r\n\r\n`, "malformed");
  });
});

describe("line ends", () => {
  const text = "HTTP/1.1 200 OK\nA: b\r\nContent-Length: 2\n\nhi";

  test("are CRLF", () => refuses(text, "malformed"));

  test("may be a lone LF where the recipient says so", () => {
    const { head, body, isDone } = read(text, { lineEnds: "crlf-or-lf" });
    assert.deepEqual(head?.fields, [
      ["A", "b"],
      ["Content-Length", "2"],
    ]);
    assert.equal(body, "hi");
    assert.equal(isDone, true);
  });

  test("are CRLF around chunks in any case", () => {
    const chunked = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n";
    refuses(`${chunked}2\nhi\n0\n\n`, "malformed", "crlf-or-lf");
  });
});

describe("framing", () => {
  test("by the end of the stream, when nothing else is said", () => {
    const reader = new Reading();
    reader.push(Buffer.from("HTTP/1.1 200 OK\r\n\r\nhi"));
    assert.equal(reader.isDone, false);
    assert.equal(reader.end(), true);
    assert.equal(reader.body, "hi");
  });

  for (const [what, text] of [
    ["an unfinished head", "HTTP/1.1 200 OK\r\nA"],
    ["an unfinished length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi"],
    ["an unfinished chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"],
  ] as const) {
    test(`with ${what} is not whole at the end of the stream`, () => {
      const reader = new Reading();
      reader.push(Buffer.from(text));
      assert.equal(reader.end(), false);
    });
  }

  for (const status of [204, 304]) {
    test(`of ${status} is always that of no body`, () => {
      const { isDone, rest } = read(`HTTP/1.1 ${status} x\r\nContent-Length: 5\r\n\r\nhello`);
      assert.deepEqual({ isDone, rest }, { isDone: true, rest: "hello" });
    });
  }

  test("of the response to HEAD is that of no body, and its length is told", () => {
    const { head, isDone } = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", { method: "HEAD" });
    assert.equal(isDone, true);
    assert.equal(head?.contentLength, 5);
  });

  for (const [what, fields] of [
    ["both Content-Length and Transfer-Encoding", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"],
    ["a coding besides chunked", "Transfer-Encoding: gzip, chunked\r\n"],
    ["another coding", "Transfer-Encoding: identity\r\n"],
    ["chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"],
  ] as const) {
    test(`by ${what} is malformed`, () => refuses(`HTTP/1.1 200 OK\r\n${fields}\r\n`, "malformed"));
  }

  test("by chunks in HTTP/1.0 is malformed", () => {
    refuses("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "malformed");
  });
});

describe("reading", () => {
  test("hands on parts of what was pushed, without copying", () => {
    const parts: Buffer[] = [];
    const reader = new ResponseReader({ head() {}, body: (part) => parts.push(part) > 0 });
    reader.start("GET");
    const bytes = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    reader.push(bytes);
    assert.equal(parts[0]?.buffer, bytes.buffer);
  });

  test("stops behind a part when the handler asks to wait, and goes on from there", () => {
    const bytes = Buffer.from(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n",
    );
    let body = "";
    const reader = new ResponseReader({
      head() {},
      body(part) {
        body += part.toString();
        return false;
      },
    });
    reader.start("GET");
    const stop = reader.push(bytes);
    assert.equal(body, "a");
    reader.push(bytes, reader.push(bytes, stop));
    assert.equal(body, "ab");
    assert.equal(reader.isDone, true);
  });

  test("reads one response after another", () => {
    const reading = new Reading();
    reading.push(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"));
    reading.start();
    reading.push(Buffer.from("HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\n\r\n"));
    assert.equal(reading.head?.status, 404);
    assert.equal(reading.body, "b");
  });
});
