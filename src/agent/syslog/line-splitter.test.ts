import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LINE_CHARS_MAX, LineSplitter } from "./line-splitter.ts";

function linesOf(...parts: string[]): string[] {
  const splitter = new LineSplitter();
  return [...parts.flatMap((part) => splitter.split(part)), ...splitter.end()];
}

describe("what a function writes", () => {
  test("is cut into lines, without their ends", () => {
    assert.deepEqual(linesOf("a\nb\r\nc"), ["a", "b", "c"]);
  });

  test("is put together when lines come in parts", () => {
    assert.deepEqual(linesOf("a", "b\nc", "\r", "\n"), ["ab", "c"]);
  });

  test("has empty lines, which are left out", () => {
    assert.deepEqual(linesOf("\n\r\n\na\n\n"), ["a"]);
  });

  test("goes on in the next line when a line is too long, before it has ended", () => {
    const splitter = new LineSplitter();
    assert.deepEqual(splitter.split("x".repeat(LINE_CHARS_MAX + 1)), ["x".repeat(LINE_CHARS_MAX)]);
    assert.deepEqual(splitter.split("y\n"), ["xy"]);
  });

  test("is not cut inside a character", () => {
    const [first, second] = linesOf(`${"x".repeat(LINE_CHARS_MAX - 1)}😀y`);
    assert.deepEqual([first?.length, second], [LINE_CHARS_MAX - 1, "😀y"]);
  });

  test("is the same in whatever parts it comes, and nothing of it is lost", () => {
    const part = fc.oneof(fc.constantFrom("\n", "x".repeat(LINE_CHARS_MAX)), fc.stringMatching(/^[a-z\n]*$/));
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const lines = linesOf(...parts);
        assert.equal(lines.join(""), parts.join("").replaceAll("\n", ""));
        assert.deepEqual(lines, linesOf(parts.join("")));
        assert.ok(lines.every((line) => line.length <= LINE_CHARS_MAX));
      }),
      { numRuns: 50 },
    );
  });
});
