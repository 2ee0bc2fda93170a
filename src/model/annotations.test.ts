import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Annotations, parseShape, validateAnnotations } from "./annotations.ts";

describe("annotations", () => {
  const allowed: Record<string, Annotations> = {
    "no key at all": {},
    "any JSON value but an empty one": { a: "x", b: 0, c: false, d: [null, ""], e: { f: "" } },
    "a key of 128 bytes, with any printable ASCII": { [`${"a".repeat(126)}!~`]: 1 },
    "a value of 512 bytes as JSON": { a: "x".repeat(510) },
    "100 keys": keys(100),
  };
  for (const [name, annotations] of Object.entries(allowed)) {
    test(`may have ${name}`, () => validateAnnotations(annotations));
  }

  const refused: { name: string; annotations: Annotations; code: string }[] = [
    { name: "an empty key", annotations: { "": 1 }, code: "annotation_key_invalid" },
    { name: "a key with a blank", annotations: { "a b": 1 }, code: "annotation_key_invalid" },
    { name: "a key with a line break", annotations: { "a\n": 1 }, code: "annotation_key_invalid" },
    { name: "a key beyond ASCII", annotations: { é: 1 }, code: "annotation_key_invalid" },
    { name: "a key of 129 bytes", annotations: { ["a".repeat(129)]: 1 }, code: "annotation_key_too_long" },
    { name: "an empty text", annotations: { a: "" }, code: "annotation_value_invalid" },
    { name: "null", annotations: { a: null }, code: "annotation_value_invalid" },
    {
      name: "a value of 513 bytes as JSON",
      annotations: { a: "x".repeat(511) },
      code: "annotation_value_too_long",
    },
    {
      name: "a value whose bytes are too many",
      annotations: { a: "é".repeat(256) },
      code: "annotation_value_too_long",
    },
    { name: "101 keys", annotations: keys(101), code: "annotations_too_many" },
  ];
  for (const { name, annotations, code } of refused) {
    test(`may not have ${name}: ${code}`, () => {
      assert.throws(() => validateAnnotations(annotations), { code });
    });
  }
});

describe("a shape", () => {
  test("is one of the known names", () => assert.equal(parseShape("GENERIC_X86_ARM"), "GENERIC_X86_ARM"));

  test("is none when empty", () => assert.equal(parseShape(""), undefined));

  test("is refused when unknown", () => {
    assert.throws(() => parseShape("generic_x86"), { code: "shape_invalid" });
  });
});

function keys(count: number): Annotations {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`key-${i}`, i]));
}
