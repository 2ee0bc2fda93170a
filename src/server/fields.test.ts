import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endToEndFields, hasField, valuesOf } from "./fields.ts";

describe("the fields that a function sees", () => {
  test("keep their order, spelling and repetitions", () => {
    const fields = [
      ["X-b", "1"],
      ["x-A", "2"],
      ["X-b", "3"],
    ] as const;
    assert.deepEqual(endToEndFields({ fields, connection: [] }), fields);
  });

  test("are without Host and those of the connection", () => {
    const fields = [
      ["Host", "a"],
      ["Connection", "keep-alive"],
      ["Transfer-Encoding", "chunked"],
      ["TE", "trailers"],
      ["Upgrade", "x"],
    ] as const;
    assert.deepEqual(endToEndFields({ fields, connection: ["keep-alive"] }), []);
  });

  test("are without those that the Connection field names", () => {
    const fields = [
      ["X-Hop", "1"],
      ["X-End", "2"],
    ] as const;
    assert.deepEqual(endToEndFields({ fields, connection: ["close", "x-hop"] }), [["X-End", "2"]]);
  });
});

test("a field is found whatever its case", () => {
  assert.equal(hasField([["X-Tag", "1"]], "x-tag"), true);
  assert.equal(hasField([["X-Tags", "1"]], "x-tag"), false);
});

test("a field of a value is found among others of its name", () => {
  const fields = [
    ["X-Tag", "1"],
    ["x-tag", "2"],
  ] as const;
  assert.equal(hasField(fields, "x-tag", "2"), true);
  assert.equal(hasField(fields, "x-tag", "3"), false);
});

test("the values of a field keep their order", () => {
  const fields = [
    ["X-Tag", "1"],
    ["X-Other", "2"],
    ["x-tag", "3"],
  ] as const;
  assert.deepEqual(valuesOf(fields, "x-tag"), ["1", "3"]);
});
