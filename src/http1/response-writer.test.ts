import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../clock/fake-clock.ts";
import { Http1Error } from "./http1-error.ts";
import { createDateField, encodeResponseHead } from "./response-writer.ts";

describe("a response head", () => {
  test("is the status line, the fields as given, and an empty line", () => {
    const head = encodeResponseHead(201, ["x-Tag", "a", "x-Tag", "b", "Empty", ""]);
    assert.equal(head, "HTTP/1.1 201 Created\r\nx-Tag: a\r\nx-Tag: b\r\nEmpty: \r\n\r\n");
  });

  test("may have colons, blanks and bytes beyond ASCII in its values", () => {
    const head = encodeResponseHead(200, ["A", "b: c\t\u00b5"]);
    assert.equal(head, "HTTP/1.1 200 OK\r\nA: b: c\t\u00b5\r\n\r\n");
  });

  for (const [what, name, value] of [
    ["a line break in a value", "A", "b\r\nC: d"],
    ["a line break and nothing else in a value", "A", "\r\n"],
    ["an LF in a value", "A", "b\nC: d"],
    ["a CR in a value", "A", "b\rc"],
    ["a CR behind a value", "A", "b\r"],
    ["a NUL in a value", "A", "b\0c"],
    ["a character that would be cut to a line break", "A", "b\u010a"],
    ["a line break in a name", "A\r\nB", "c"],
    ["a line behind a name", "A: b\r\nB", "c"],
    ["a value behind a name", "Content-Length: 0, X", "c"],
    ["a colon behind a name", "A:", "c"],
    ["a blank in a name", "A B", "c"],
    ["an empty name", "", "c"],
  ] as const) {
    test(`with ${what} is refused`, () => {
      assert.throws(() => encodeResponseHead(200, [name, value]), Http1Error);
      assert.throws(() => encodeResponseHead(200, ["X", "y", name, value, "X", "y"]), Http1Error);
    });
  }
});

describe("the Date field", () => {
  test("tells the second, in the form of RFC 9110 section 5.6.7", async () => {
    const clock = new FakeClock();
    const date = createDateField(clock);
    assert.equal(date(), "Mon, 22 Jan 2018 10:00:00 GMT");
    await clock.advance(999);
    assert.equal(date(), "Mon, 22 Jan 2018 10:00:00 GMT");
    await clock.advance(1);
    assert.equal(date(), "Mon, 22 Jan 2018 10:00:01 GMT");
  });
});
