import { describe, test } from "node:test";
import fc from "fast-check";
import { decodeText, encodeText } from "./text.ts";

/** Texts in which the characters that are replaced meet. */
const text = fc.string({ unit: fc.constantFrom("\u0000", "\u0001", "\u0002", "a") });

describe("a text as PostgreSQL keeps it", () => {
  test("has no NUL", () => {
    fc.assert(fc.property(text, (text) => !encodeText(text).includes("\u0000")));
  });

  test("comes back as it was", () => {
    fc.assert(fc.property(text, (text) => decodeText(encodeText(text)) === text));
  });

  test("stands before and after others as it did", () => {
    fc.assert(fc.property(text, text, (a, b) => encodeText(a) < encodeText(b) === a < b));
  });
});
