import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Exchange } from "./exchange.ts";
import { Http1Error } from "./http1-error.ts";
import { ResponseReader } from "./response-reader.ts";
import { RecordingWire } from "./testdata/recording-wire.ts";
import { headOf } from "./testdata/requests.ts";

const DATE = "Date: Mon, 22 Jan 2018 10:00:00 GMT\r\n";
const HI = Buffer.from("hi");

let wire: RecordingWire;
beforeEach(() => {
  wire = new RecordingWire();
});

function exchangeOf(method = "GET", version = "HTTP/1.1"): Exchange {
  return new Exchange(headOf(`${method} / ${version}\r\nHost: a\r\n\r\n`), undefined, wire);
}

describe("a whole answer", () => {
  test("is a head and a body", () => {
    exchangeOf().answer(200, ["X-A", "1", "x-a", "2"], HI);
    assert.equal(wire.text, `HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\n${DATE}Content-Length: 2\r\n\r\nhi`);
    assert.equal(wire.finishedTimes, 1);
  });

  test("has every byte of its body, whatever its size", () => {
    for (const size of [256, 100_000]) {
      wire = new RecordingWire();
      const body = Buffer.from(Array.from({ length: size }, (_, i) => i % 256));
      exchangeOf().answer(200, [], body);
      assert.equal(wire.text.slice(-size), body.toString("latin1"));
    }
  });

  test("without a body has the length 0", () => {
    exchangeOf().answer(404, [], Buffer.alloc(0));
    assert.equal(wire.text, `HTTP/1.1 404 Not Found\r\n${DATE}Content-Length: 0\r\n\r\n`);
  });

  test("may have a status that nobody has named", () => {
    exchangeOf().answer(599, [], Buffer.alloc(0));
    assert.match(wire.text, /^HTTP\/1\.1 599 \r\n/);
  });

  test("to HEAD is the head alone, with the length of the body or of the one that is not at hand", () => {
    exchangeOf("HEAD").answer(200, [], HI);
    assert.equal(wire.text, `HTTP/1.1 200 OK\r\n${DATE}Content-Length: 2\r\n\r\n`);
    wire = new RecordingWire();
    exchangeOf("HEAD").answer(200, [], Buffer.alloc(0), 5);
    assert.match(wire.text, /Content-Length: 5\r\n\r\n$/);
  });

  for (const status of [204, 304]) {
    test(`of ${status} has neither a body nor a length (RFC 9110 section 8.6)`, () => {
      exchangeOf().answer(status, [], HI);
      assert.match(wire.text, /GMT\r\n\r\n$/);
    });
  }

  test("tells an old client that its connection is kept, and any client that it is not", () => {
    exchangeOf("GET", "HTTP/1.0").answer(204, [], HI);
    assert.match(wire.text, /\r\nConnection: keep-alive\r\n\r\n$/);
    wire = new RecordingWire();
    wire.isLastInAnyCase = true;
    exchangeOf().answer(204, [], HI);
    assert.match(wire.text, /\r\nConnection: close\r\n\r\n$/);
  });
});

describe("an answer in parts", () => {
  test("goes in chunks when its length is not known", () => {
    const exchange = exchangeOf();
    exchange.begin(200, [], undefined);
    exchange.write(HI);
    exchange.write(Buffer.alloc(0));
    exchange.write(Buffer.from("0123456789"));
    assert.equal(wire.finishedTimes, 0);
    exchange.end();
    const chunks = "2\r\nhi\r\na\r\n0123456789\r\n0\r\n\r\n";
    assert.equal(wire.text, `HTTP/1.1 200 OK\r\n${DATE}Transfer-Encoding: chunked\r\n\r\n${chunks}`);
    assert.equal(wire.finishedTimes, 1);
  });

  test("goes as it is when its length is known", () => {
    const exchange = exchangeOf();
    exchange.begin(200, [], 4);
    exchange.write(HI);
    exchange.write(HI);
    exchange.end();
    assert.equal(wire.text, `HTTP/1.1 200 OK\r\n${DATE}Content-Length: 4\r\n\r\nhihi`);
  });

  test("to an old client goes to the end of the connection", () => {
    const exchange = exchangeOf("GET", "HTTP/1.0");
    exchange.begin(200, [], undefined);
    exchange.write(HI);
    exchange.end();
    assert.equal(wire.text, `HTTP/1.1 200 OK\r\n${DATE}Connection: close\r\n\r\nhi`);
  });

  for (const [method, status, length, head] of [
    ["HEAD", 200, 5, "HTTP/1.1 200 OK\r\nDATEContent-Length: 5\r\n\r\n"],
    ["HEAD", 200, undefined, "HTTP/1.1 200 OK\r\nDATE\r\n"],
    ["GET", 204, 5, "HTTP/1.1 204 No Content\r\nDATE\r\n"],
    ["GET", 304, undefined, "HTTP/1.1 304 Not Modified\r\nDATE\r\n"],
  ] as const) {
    test(`to ${method} with ${status} and the length ${length} has no body, whatever is written`, () => {
      const exchange = exchangeOf(method);
      exchange.begin(status, [], length);
      exchange.write(HI);
      exchange.end();
      assert.equal(wire.text, head.replace("DATE", DATE));
      assert.equal(wire.finishedTimes, 1);
    });
  }

  test("waits until the wire has drained", async () => {
    const exchange = exchangeOf();
    exchange.begin(200, [], undefined);
    assert.equal(exchange.write(HI), undefined);
    wire.drain = Promise.resolve();
    assert.equal(exchange.write(HI), wire.drain);
  });

  test("has to begin before its body and its end", () => {
    const exchange = exchangeOf();
    assert.throws(() => exchange.write(HI));
    assert.throws(() => exchange.end());
    assert.equal(wire.text, "");
  });

  test("is broken off when it is longer than its length, before the rest is written", () => {
    const exchange = exchangeOf();
    exchange.begin(200, [], 3);
    exchange.write(HI);
    assert.throws(() => exchange.write(HI));
    assert.equal(wire.brokenOff, "plainly");
    assert.match(wire.text, /\r\n\r\nhi$/);
  });

  test("is broken off when it is shorter than its length", () => {
    const exchange = exchangeOf();
    exchange.begin(200, [], 3);
    exchange.write(HI);
    assert.throws(() => exchange.end());
    assert.equal(wire.brokenOff, "plainly");
    assert.equal(wire.finishedTimes, 0);
  });

  test("that is broken off is reset where the end would look like its own", () => {
    const toOld = exchangeOf("GET", "HTTP/1.0");
    toOld.begin(200, [], undefined);
    toOld.breakOff();
    assert.equal(wire.brokenOff, "with a reset");
    wire = new RecordingWire();
    const toNew = exchangeOf();
    toNew.begin(200, [], undefined);
    toNew.breakOff();
    assert.equal(wire.brokenOff, "plainly");
  });
});

describe("an exchange", () => {
  const moves: readonly (readonly [what: string, move: (exchange: Exchange) => void])[] = [
    ["an answer", (exchange) => exchange.answer(200, [], HI)],
    ["a begin", (exchange) => exchange.begin(200, [], undefined)],
    ["a part", (exchange) => exchange.write(HI)],
    ["an end", (exchange) => exchange.end()],
    ["a break", (exchange) => exchange.breakOff()],
    ["a leave of the client", (exchange) => exchange.gone()],
  ];
  const endings: readonly (readonly [what: string, end: (exchange: Exchange) => void])[] = [
    ["it was answered", (exchange) => exchange.answer(200, [], HI)],
    ["its client has left", (exchange) => exchange.gone()],
    ["it was broken off", (exchange) => exchange.breakOff()],
    [
      "its answer has ended",
      (exchange) => {
        exchange.begin(200, [], undefined);
        exchange.end();
      },
    ],
  ];
  for (const [ending, end] of endings) {
    for (const [what, move] of moves) {
      test(`says nothing more after ${ending}: ${what}`, () => {
        const exchange = exchangeOf();
        end(exchange);
        assert.equal(exchange.isOver, true);
        const { text, finishedTimes, brokenOff } = wire;
        exchange.onGone = () => assert.fail("it was over already");
        move(exchange);
        assert.deepEqual(
          { text: wire.text, finishedTimes: wire.finishedTimes, brokenOff: wire.brokenOff },
          { text, finishedTimes, brokenOff },
        );
      });
    }
  }

  test("tells once that its client has left", () => {
    const exchange = exchangeOf();
    let times = 0;
    exchange.onGone = () => times++;
    exchange.gone();
    exchange.gone();
    assert.equal(times, 1);
  });

  test("that has begun is not begun or answered again", () => {
    const exchange = exchangeOf();
    exchange.begin(200, [], undefined);
    const { text } = wire;
    exchange.begin(404, [], 2);
    exchange.answer(404, [], HI);
    assert.equal(wire.text, text);
    assert.equal(exchange.isOver, false);
  });
});

describe("a field that cannot be written", () => {
  test("is refused before anything is written, and leaves the exchange open for another answer", () => {
    const exchange = exchangeOf();
    assert.throws(() => exchange.answer(200, ["A", "b\r\nC: d"], HI), Http1Error);
    assert.throws(() => exchange.begin(200, ["A", "b\r\nC: d"], undefined), Http1Error);
    assert.equal(wire.text, "");
    exchange.answer(500, [], HI);
    assert.match(wire.text, /^HTTP\/1\.1 500 /);
    assert.equal(exchange.isOver, true);
  });
});

describe("what is written", () => {
  test("is read back by a client", () => {
    const exchange = exchangeOf();
    exchange.begin(201, ["X-A", "caf\u00e9"], undefined);
    for (const part of ["a", "bc"]) exchange.write(Buffer.from(part));
    exchange.end();
    let body = "";
    const reader = new ResponseReader({
      head: ({ status, fields }) => assert.deepEqual([status, fields[0]], [201, ["X-A", "caf\u00e9"]]),
      body: (part) => {
        body += part.toString();
        return true;
      },
    });
    reader.start("GET");
    assert.equal(reader.push(Buffer.from(wire.text, "latin1")), wire.text.length);
    assert.deepEqual([reader.isDone, body], [true, "abc"]);
  });
});
