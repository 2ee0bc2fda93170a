import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Exchange, FieldLines } from "./exchange.ts";
import { RecordingWire } from "./testdata/recording-wire.ts";
import { headOf } from "./testdata/requests.ts";

const DATE = "Date: Mon, 22 Jan 2018 10:00:00 GMT\r\n";
const HI = Buffer.from("hi");

let wire: RecordingWire;
beforeEach(() => {
  wire = new RecordingWire();
});

function exchangeOf(version = "HTTP/1.1"): Exchange {
  return new Exchange(headOf(`GET / ${version}\r\nHost: a\r\n\r\n`), undefined, wire);
}

describe("an answer of lines that are known to be good", () => {
  test("has them as they are, and a date where they have none", () => {
    exchangeOf().answer(200, new FieldLines("x-A: 1\r\n", false), HI);
    assert.equal(wire.text, `HTTP/1.1 200 OK\r\nx-A: 1\r\n${DATE}Content-Length: 2\r\n\r\nhi`);
  });

  test("keeps the date that it has", () => {
    exchangeOf().answer(204, new FieldLines("Date: x\r\n", true), Buffer.alloc(0));
    assert.equal(wire.text, "HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n");
  });

  test("says that it is the last where it is, and that it is not where an old client asks", () => {
    wire.isLastInAnyCase = true;
    exchangeOf().answer(200, new FieldLines("", true), HI);
    wire.isLastInAnyCase = false;
    exchangeOf("HTTP/1.0").answer(200, new FieldLines("", true), HI);
    assert.deepEqual(wire.text.match(/Connection: .*/g), ["Connection: close", "Connection: keep-alive"]);
  });
});

describe("a part whose bytes are borrowed", () => {
  test("goes out with the head in one write", () => {
    const exchange = exchangeOf();
    exchange.begin(200, new FieldLines("", true), 4, HI);
    assert.deepEqual([wire.text, wire.writes], ["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhi", 1]);
    exchange.writeBorrowed(HI);
    exchange.end();
    assert.match(wire.text, /\r\n\r\nhihi$/);
  });

  test("is a chunk where there is no length", () => {
    const exchange = exchangeOf();
    exchange.begin(200, new FieldLines("", true), undefined, HI);
    exchange.writeBorrowed(HI);
    exchange.end("X-Sum: 1\r\n");
    assert.match(wire.text, /\r\n\r\n2\r\nhi\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n$/);
  });

  test("that is longer than what is left breaks off", () => {
    const exchange = exchangeOf();
    exchange.begin(200, [], 1);
    assert.throws(() => exchange.writeBorrowed(HI));
    assert.equal(wire.brokenOff, "plainly");
  });
});

describe("trailers", () => {
  test("are lost behind a body with a length", () => {
    const exchange = exchangeOf();
    exchange.begin(200, [], 2, HI);
    exchange.end("X-Sum: 1\r\n");
    assert.match(wire.text, /\r\n\r\nhi$/);
  });
});

describe("an answer before the answer", () => {
  test("is told to a client that knows such, until the answer has begun", () => {
    const exchange = exchangeOf();
    assert.equal(exchange.inform(103, "Link: a\r\n"), true);
    assert.equal(wire.text, "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n");
    exchange.answer(200, [], HI);
    const before = wire.text;
    exchange.inform(103, "");
    assert.equal(wire.text, before);
  });

  test("is not told to an old one", () => {
    exchangeOf("HTTP/1.0").inform(103, "");
    assert.equal(wire.text, "");
  });

  test("says when the client does not take it", () => {
    wire.drain = Promise.resolve();
    assert.equal(exchangeOf().inform(103, ""), false);
  });
});
