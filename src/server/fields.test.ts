import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endToEndFields, hasField } from "./fields.ts";

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
