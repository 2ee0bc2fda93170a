import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CallLog, LOG_BYTES_MAX } from "./call-log.ts";

const CLOSING = "\n-----max log size 1048576 bytes exceeded, truncating log-----\n";

describe("the log of a call", () => {
  test("keeps what was written, in order", () => {
    const log = new CallLog();
    log.append(Buffer.from("one "));
    log.append(Buffer.from("two"));
    assert.equal(log.text(), "one two");
  });

  test("a character that arrives in two parts is one", () => {
    const log = new CallLog();
    log.append(Uint8Array.of(0xc3));
    log.append(Uint8Array.of(0xa9));
    assert.equal(log.text(), "\u00e9");
  });

  test("keeps one MiB to the byte", () => {
    const log = new CallLog();
    log.append(Buffer.alloc(LOG_BYTES_MAX, "x"));
    assert.equal(log.text(), "x".repeat(LOG_BYTES_MAX));
  });

  test("drops what is over, and says so once", () => {
    const log = new CallLog();
    log.append(Buffer.alloc(LOG_BYTES_MAX - 1, "x"));
    log.append(Buffer.from("yz"));
    log.append(Buffer.from("more"));
    assert.equal(log.text(), `${"x".repeat(LOG_BYTES_MAX - 1)}y${CLOSING}`);
  });
});
