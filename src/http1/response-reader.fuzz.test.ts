import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { HeaderField } from "./fields.ts";
import { Http1Error } from "./http1-error.ts";
import { Reading, read } from "./testdata/reading.ts";

describe("a response reader", () => {
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
