import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { isTokenText, newTokenText, parseTokenText, tokenHash } from "./token.ts";

describe("a token", () => {
  test("is fn_ and 32 random bytes in base64url", () => {
    assert.equal(
      newTokenText(() => Buffer.alloc(32, 0xff)),
      `fn_${"_".repeat(42)}8`,
    );
    assert.ok(isTokenText(newTokenText(randomBytes)));
  });

  test("may be one that somebody chose, of the same form", () => {
    const text = `fn_${"0a".repeat(32)}`;
    assert.equal(parseTokenText(text), text);
  });

  for (const text of [
    "",
    "fn_",
    `fn_${"a".repeat(31)}`,
    "a".repeat(64),
    `fn_${"a".repeat(254)}`,
    `fn_${"a".repeat(40)}\n`,
  ]) {
    test(`is not ${JSON.stringify(text.slice(0, 20))} of ${text.length}, and the sentence does not tell it`, () => {
      assert.throws(
        () => parseTokenText(text),
        (error) => error instanceof Error && (text.length < 4 || !error.message.includes(text)),
      );
    });
  }

  test("is kept as its SHA-256", () => {
    assert.equal(tokenHash("fn_"), "81820dfb6dcf1ee5ccfaef85611c89e15bc75b74c2215fcd7a6d5f3b4eafdc19");
  });
});
