import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { NodeReader, type Taken } from "./testdata/node-reader.ts";
import { readPieces } from "./testdata/requests.ts";

const HOST = "Host: a\r\n";

const CHUNKS = `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;
const LENGTH_0 = `POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n`;

const ALL_KINDS: readonly string[] = [
  `GET /r/a?b=c HTTP/1.1\r\n${HOST}\r\n`,
  `POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\nX-Empty:\r\n\r\nhello`,
  `\r\nPUT / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n`,
  `OPTIONS * HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`,
  "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  `DELETE http://other.example/a HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
];

/** Lines that change what the others around them mean. */
const LINES: readonly string[] = [
  "Content-Length: 1\r\n",
  "Content-Length: 30\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: x\r\n",
  " folded\r\n",
  "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
];

/** One request each that Node takes and that is refused here, with the reason. */
const REFUSED_HERE: readonly (readonly [why: string, text: string])[] = [
  ["more than one empty line: they could go on for ever", `\r\n\r\nGET / HTTP/1.1\r\n${HOST}\r\n`],
  ["two blanks before a target (RFC 9112 section 3)", `GET  / HTTP/1.1\r\n${HOST}\r\n`],
  ["two blanks before a version (RFC 9112 section 3)", `GET /  HTTP/1.1\r\n${HOST}\r\n`],
  ["HTTP/2.0, which has no such form", `GET / HTTP/2.0\r\n${HOST}\r\n`],
  ["a Host that is repeated (RFC 9112 section 3.2)", `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`],
  ["a Host that is none (RFC 9112 section 3.2)", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"],
  ["the asterisk after GET (RFC 9112 section 3.2.4)", `GET * HTTP/1.1\r\n${HOST}\r\n`],
  ["a user in a target (RFC 9110 section 4.2.4)", `GET http://user@a/ HTTP/1.1\r\n${HOST}\r\n`],
  ["a scheme that is not spoken here", `GET ftp://a/ HTTP/1.1\r\n${HOST}\r\n`],
  [
    "a coding besides chunked (RFC 9112 section 6.1)",
    `${CHUNKS.replace("chunked", "gzip, chunked")}0\r\n\r\n`,
  ],
  ["chunks in HTTP/1.0 (RFC 9112 section 6.1)", `${CHUNKS.replace("1.1", "1.0")}0\r\n\r\n`],
  ["a chunk size of too many digits", `${CHUNKS}${"0".repeat(20)}\r\n\r\n`],
];

/** One request each that Node refuses and that is taken here, with the reason. */
const REFUSED_BY_NODE: readonly (readonly [why: string, text: string])[] = [
  ["a method of its own (RFC 9110 section 9.1: any token)", `m-Search! / HTTP/1.1\r\n${HOST}\r\n`],
  ["the same length in two fields (RFC 9110 section 8.6)", `${LENGTH_0}Content-Length: 0\r\n\r\n`],
  ["the same length twice in a field (RFC 9110 section 8.6)", `${LENGTH_0.replace("0\r", "0, 0\r")}\r\n`],
  ["a target beyond ASCII, which Fn takes", `GET /\xe9 HTTP/1.1\r\n${HOST}\r\n`],
  ["a chunk extension of any form, since it is ignored", `${CHUNKS}0;(;\xff\r\n\r\n`],
  ["a trailer that tells of framing, since it is ignored", `${CHUNKS}0\r\nContent-Length: 5\r\n\r\n`],
];

describe("a request reader", () => {
  test("gives the same result however the bytes are split", () => {
    fc.assert(
      fc.property(mutants(), fc.array(fc.nat(300), { maxLength: 30 }), (bytes, cuts) => {
        const whole = readPieces([bytes]);
        assert.deepEqual(readPieces(splitAt(bytes, cuts)), whole);
        assert.deepEqual(readPieces([...bytes].map((byte) => Buffer.from([byte]))), whole);
      }),
      { numRuns: 1000 },
    );
  });

  test("gives the same result for every cut in two of a stream of all kinds of requests", () => {
    const bytes = Buffer.from(ALL_KINDS.join(""), "latin1");
    const whole = readPieces([bytes]);
    assert.equal(whole.refused, undefined);
    assert.equal(whole.requests.length, ALL_KINDS.length);
    for (let cut = 1; cut < bytes.length; cut++) {
      assert.deepEqual(readPieces([bytes.subarray(0, cut), bytes.subarray(cut)]), whole);
    }
  });

  test("throws nothing but an Http1Error, whatever comes", () => {
    fc.assert(fc.property(fc.array(fc.uint8Array()), (parts) => void readPieces(parts.map(Buffer.from))));
  });

  test("takes nothing that would break out of its line", () => {
    fc.assert(
      fc.property(mutants(), (bytes) => {
        for (const { head } of readPieces([bytes]).requests) {
          assert.match(head.method, /^[!-~]+$/);
          assert.match(head.target, /^[!-~\x80-\xff]+$/);
          assert.match(head.host, /^[!-~]*$/);
          for (const [name, value] of head.fields) {
            assert.match(name, /^[!-9;-~]+$/);
            assert.match(value, /^[\t -~\x80-\xff]*$/);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});

/** What two readers understand in two ways is how requests are smuggled; the other one here is Node's server. */
describe("beside Node's server, a request reader", () => {
  const node = new NodeReader();
  before(() => node.start());
  after(() => node.stop());

  test("takes the same requests out of a stream, as far as neither refuses", async () => {
    await fc.assert(
      fc.asyncProperty(mutants(), async (bytes) => {
        const ours = wholeRequests(bytes);
        const nodes = await node.read(bytes);
        const both = Math.min(ours.length, nodes.length);
        assert.deepEqual(ours.slice(0, both), nodes.slice(0, both));
      }),
      { numRuns: 400 },
    );
  });

  test("takes the same requests out of one that is all good", async () => {
    const bytes = Buffer.from(ALL_KINDS.join(""), "latin1");
    assert.equal(wholeRequests(bytes).length, ALL_KINDS.length);
    assert.deepEqual(await node.read(bytes), wholeRequests(bytes));
  });

  for (const [why, text] of REFUSED_HERE) {
    test(`alone refuses ${why}`, async () => {
      const bytes = Buffer.from(text, "latin1");
      assert.equal(wholeRequests(bytes).length, 0);
      assert.equal((await node.read(bytes)).length, 1);
    });
  }

  for (const [why, text] of REFUSED_BY_NODE) {
    test(`alone takes ${why}`, async () => {
      const bytes = Buffer.from(text, "latin1");
      assert.equal(wholeRequests(bytes).length, 1);
      assert.equal((await node.read(bytes)).length, 0);
    });
  }
});

function wholeRequests(bytes: Buffer): Taken[] {
  return readPieces([bytes])
    .requests.filter(({ isWhole }) => isWhole)
    .map(({ head, headText, body }) => ({ method: head.method, target: headText.split(" ")[1], body }));
}

function splitAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts, bytes.length].filter((cut) => cut <= bytes.length).sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

/** Streams of requests that are good. */
function streams(): fc.Arbitrary<Buffer> {
  return fc
    .array(fc.constantFrom(...ALL_KINDS), { minLength: 1, maxLength: 4 })
    .map((texts) => Buffer.from(texts.join(""), "latin1"));
}

/** Streams in which some bytes were replaced, left out, put in, or copied to another place. */
function mutants(): fc.Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.nat(400),
    length: fc.nat(3),
    text: fc.constantFrom(
      "",
      "\r",
      "\n",
      "\r\n",
      "\r\n\r\n",
      " ",
      "\t",
      "\0",
      ":",
      ",",
      ";",
      "0",
      "1",
      "f",
      "-",
      "\x7f",
      "\xa0",
      ...LINES,
    ),
  });
  return fc.tuple(streams(), fc.array(change, { maxLength: 4 })).map(([bytes, changes]) => {
    let text = bytes.toString("latin1");
    for (const { at, length, text: other } of changes)
      text = text.slice(0, at) + other + text.slice(at + length);
    return Buffer.from(text, "latin1");
  });
}
