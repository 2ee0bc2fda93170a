import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { CHUNK_EXTENSION_BYTES_MAX } from "./body-reader.ts";
import type { HeaderField } from "./fields.ts";
import { HEAD_BYTES_MAX, type LineEnds } from "./head-reader.ts";
import { Http1Error, type Http1ErrorKind } from "./http1-error.ts";
import { type ResponseHead, ResponseReader } from "./response-reader.ts";

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

  test("may have extensions and trailers, which say nothing here", () => {
    const text = `${start}2;a=b;c="d"\r\nhi\r\n0;e\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n`;
    assert.equal(read(text).body, "hi");
    assert.equal(read(text).isDone, true);
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

  test("gives the same result however the bytes are split", () => {
    fc.assert(
      fc.property(responses(), fc.array(fc.nat(300), { maxLength: 30 }), (bytes, cuts) => {
        const whole = outcome([bytes]);
        assert.deepEqual(outcome(splitAt(bytes, cuts)), whole);
        assert.deepEqual(outcome([...bytes].map((byte) => Buffer.from([byte]))), whole);
      }),
      { numRuns: 300 },
    );
  });

  test("reads back what was written", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 8 }), (parts) => {
        const chunks = parts.flatMap((part) => [`${part.length.toString(16)}\r\n`, part, "\r\n"]);
        const pieces = ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ...chunks, "0\r\n\r\n"];
        const reading = read(Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
        assert.equal(reading.isDone, true);
        assert.equal(reading.body, Buffer.concat(parts).toString("latin1"));
      }),
    );
  });

  test("throws nothing but an Http1Error, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.uint8Array(), fragments()), { maxLength: 20 }), (parts) => {
        outcome(parts.map((part) => Buffer.from(part)));
      }),
    );
  });
});

/** One response with what came of it. */
class Reading {
  head: ResponseHead | undefined;
  body = "";
  readonly #reader: ResponseReader;

  constructor(method = "GET", lineEnds: LineEnds = "crlf") {
    const head = (head: ResponseHead) => {
      this.head = head;
    };
    const body = (part: Buffer) => {
      this.body += part.toString("latin1");
      return true;
    };
    this.#reader = new ResponseReader({ head, body }, lineEnds);
    this.#reader.start(method);
  }

  get isDone(): boolean {
    return this.#reader.isDone;
  }

  start(): void {
    this.body = "";
    this.#reader.start("GET");
  }

  push(bytes: Buffer): number {
    return this.#reader.push(bytes);
  }

  end(): boolean {
    return this.#reader.end();
  }
}

function read(text: string | Buffer, options: { method?: string; lineEnds?: LineEnds } = {}) {
  const bytes = Buffer.from(text);
  const reading = new Reading(options.method, options.lineEnds);
  const stop = reading.push(bytes);
  const { head, body, isDone } = reading;
  return { head, body, isDone, rest: bytes.toString("latin1", stop) };
}

function refuses(text: string, kind: Http1ErrorKind, lineEnds: LineEnds = "crlf"): void {
  assert.throws(
    () => read(text, { lineEnds }),
    (error) => error instanceof Http1Error && error.kind === kind,
  );
}

/** All that can be told about a response that came in these pieces. */
function outcome(pieces: readonly Buffer[]) {
  const reading = new Reading();
  let error: string | undefined;
  let taken = 0;
  try {
    for (const piece of pieces) if (!reading.isDone) taken += reading.push(piece);
  } catch (thrown) {
    assert.ok(thrown instanceof Http1Error);
    error = thrown.kind;
  }
  const { head, body, isDone } = reading;
  // How far it came before an error depends on the pieces; what it handed on does not.
  return error === undefined ? { head, body, isDone, taken } : { error, head, body };
}

function splitAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts, bytes.length].filter((cut) => cut <= bytes.length).sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

/** Responses that are good, and some that are nearly so. */
function responses(): fc.Arbitrary<Buffer> {
  const field: fc.Arbitrary<HeaderField> = fc.constantFrom<HeaderField[]>(
    ["Content-Type", "text/plain"],
    ["X-Empty", ""],
    ["Content-Length", "5"],
    ["Transfer-Encoding", "chunked"],
    ["Connection", "close"],
  );
  return fc
    .record({
      status: fc.constantFrom("200 OK", "204 No Content", "100 Continue", "404 ", "99 x"),
      fields: fc.array(field, { maxLength: 4 }),
      lineEnd: fc.constantFrom("\r\n", "\r\n", "\r\n", "\n"),
      body: fc.array(fragments(), { maxLength: 8 }),
    })
    .map(({ status, fields, lineEnd, body }) => {
      const lines = [`HTTP/1.1 ${status}`, ...fields.map(([name, value]) => `${name}: ${value}`), "", ""];
      return Buffer.from(lines.join(lineEnd) + body.join(""), "latin1");
    });
}

function fragments(): fc.Arbitrary<string> {
  return fc.constantFrom(
    "hello",
    "5\r\nhello\r\n",
    "2;x=y\r\nhi\r\n",
    "0\r\n\r\n",
    "0\r\nA: b\r\n\r\n",
    "\r\n",
    "HTTP/1.1 200 OK\r\n",
    "Content-Length: 5\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n",
  );
}
