import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FnError } from "./errors.ts";
import { parseSecretsKey, SecretBox } from "./secrets.ts";

const KEY = Buffer.alloc(32, 7);

describe("secrets", () => {
  test("what was sealed can be opened", () => {
    const values = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(values, (plain) => {
        const box = boxWith(KEY);
        assert.deepEqual(box.open(box.seal(plain)), { ...plain });
      }),
    );
  });

  test("a sealed text does not contain its value", () => {
    const { PASSWORD = "" } = boxWith(KEY).seal({ PASSWORD: "hunter2" });
    const [, , bytes = ""] = PASSWORD.split(".");
    assert.ok(!PASSWORD.includes("hunter2"));
    assert.ok(!Buffer.from(bytes, "base64url").includes("hunter2"));
  });

  test("one value sealed twice gives two texts", () => {
    const box = boxWith(KEY);
    assert.notEqual(box.seal({ A: "1" }).A, box.seal({ A: "1" }).A);
  });

  test("a sealed text begins with its version and the name of its key, which is not the key's own hash", () => {
    const { A = "" } = boxWith(KEY).seal({ A: "1" });
    assert.match(A, /^v1\.[0-9a-f]{8}\.[\w-]+$/);
    assert.ok(!A.includes(createHash("sha256").update(KEY).digest("hex").slice(0, 8)));
  });

  test("an empty text stays empty, with and without a key", () => {
    assert.deepEqual(boxWith(KEY).seal({ A: "" }), { A: "" });
    assert.deepEqual(boxWith(undefined).seal({ A: "" }), { A: "" });
  });

  test("without a key nothing is sealed", () => {
    assert.throws(() => boxWith(undefined).seal({ A: "1" }), withCode("secrets_unavailable"));
  });

  test("a box without secrets opens without a key", () => {
    assert.deepEqual(boxWith(undefined).open({}), {});
  });

  const sealed = boxWith(KEY).seal({ A: "value" }).A ?? "";
  const [version, key, bytes = ""] = sealed.split(".");
  const flipped = Buffer.from(bytes, "base64url");
  flipped.writeUInt8(flipped.readUInt8(14) ^ 1, 14);
  const unreadable: Record<string, { box?: SecretBox; name?: string; text?: string }> = {
    "without a key": { box: boxWith(undefined) },
    "with another key": { box: boxWith(Buffer.alloc(32, 8)) },
    "under another name": { name: "B" },
    "of another version": { text: `v2.${key}.${bytes}` },
    "with one bit changed": { text: [version, key, flipped.toString("base64url")].join(".") },
    "that is cut": { text: sealed.slice(0, 30) },
    "that was never sealed": { text: "value" },
  };
  for (const [what, { box = boxWith(KEY), name = "A", text = sealed }] of Object.entries(unreadable)) {
    test(`a text ${what} is unreadable, which is said of the variable and not of its value`, () => {
      assert.throws(
        () => box.open({ [name]: text }),
        (error) =>
          error instanceof FnError &&
          error.code === "secret_unreadable" &&
          error.message.includes(`secret ${name} `) &&
          !error.message.includes(text),
      );
    });
  }
});

describe("the key for secrets", () => {
  test("is read from base64 and from hexadecimal digits, whatever line end comes with it", () => {
    assert.deepEqual(parseSecretsKey(`${KEY.toString("base64")}\n`), KEY);
    assert.deepEqual(parseSecretsKey(KEY.toString("hex")), KEY);
    assert.deepEqual(parseSecretsKey(`${KEY.toString("hex").toUpperCase()}\r\n`), KEY);
  });

  const refused = {
    nothing: "",
    "31 bytes": Buffer.alloc(31).toString("base64"),
    "33 bytes": Buffer.alloc(33).toString("base64"),
    "62 hexadecimal digits": "0".repeat(62),
    "base64 without its padding": KEY.toString("base64").slice(0, -1),
    "base64 with something in between": `${KEY.toString("base64").slice(0, 10)} ${KEY.toString("base64").slice(10)}`,
    "bits that no byte has": `${"A".repeat(42)}B=`,
    "a pass phrase": "correct horse battery staple",
  };
  for (const [what, text] of Object.entries(refused)) {
    test(`is not ${what}, and the sentence does not tell it`, () => {
      assert.throws(
        () => parseSecretsKey(text),
        (error) => error instanceof Error && (text === "" || !error.message.includes(text)),
      );
    });
  }

  test("has 32 bytes", () => {
    assert.throws(() => boxWith(Buffer.alloc(16)), RangeError);
  });
});

/** Nonces that count: never the same twice. */
function boxWith(key: Uint8Array | undefined): SecretBox {
  let count = 0;
  return new SecretBox(key, (size) => {
    const nonce = Buffer.alloc(size);
    nonce.writeUInt32BE(count++);
    return nonce;
  });
}

function withCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof FnError && error.code === code;
}
