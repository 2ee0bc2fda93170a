import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cutToDatagram, DATAGRAM_BYTES_MAX, encodeMessage, frame, type LogLine } from "./message.ts";

const LINE: LogLine = {
  atMs: Date.parse("2018-01-22T10:00:00.123Z"),
  nodeName: "node-1",
  appName: "shop",
  callId: "01C4G3",
  fnName: "/hello",
  text: "it works",
};

describe("a message of RFC 5424", () => {
  test("has the node, the app, the call and the function in its header, and the line behind it", () => {
    assert.equal(
      encodeMessage(LINE).toString(),
      "<14>1 2018-01-22T10:00:00.123Z node-1 shop 01C4G3 /hello - it works",
    );
  });

  test("says that its text is UTF-8, unless it is ASCII", () => {
    assert.ok(
      encodeMessage({ ...LINE, text: "é" })
        .toString()
        .endsWith(" - \ufeffé"),
    );
  });

  test("has visible ASCII only in its header", () => {
    assert.match(encodeMessage({ ...LINE, appName: "größe 1" }).toString(), / node-1 gr__e_1 01C4G3 /);
  });

  test("has no longer names than receivers must take", () => {
    const long = "x".repeat(300);
    const names = { nodeName: long, appName: long, callId: long, fnName: long };
    const [, , ...fields] = encodeMessage({ ...LINE, ...names })
      .toString()
      .split(" ");
    assert.deepEqual(
      fields.slice(0, 4).map((field) => field.length),
      [255, 48, 128, 32],
    );
  });

  test("has a dash for a name that is empty", () => {
    assert.match(encodeMessage({ ...LINE, nodeName: "" }).toString(), /Z - shop /);
  });
});

describe("in a stream", () => {
  test("a message comes behind its length in bytes", () => {
    assert.equal(frame(Buffer.from("é!")).toString(), "3 é!");
  });
});

describe("in a datagram", () => {
  test("a message that fits stays as it is", () => {
    const message = Buffer.alloc(DATAGRAM_BYTES_MAX, "x");
    assert.equal(cutToDatagram(message), message);
  });

  test("a longer one is cut, but no character is", () => {
    const cut = cutToDatagram(Buffer.from(`x${"é".repeat(2000)}`));
    assert.equal(cut.toString(), `x${"é".repeat(1023)}`);
  });
});
