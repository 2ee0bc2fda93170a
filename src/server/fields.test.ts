import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endToEndFields } from "./fields.ts";

describe("the fields that a function sees", () => {
  test("keep their order, spelling and repetitions", () => {
    assert.deepEqual(endToEndFields(["X-b", "1", "x-A", "2", "X-b", "3"], undefined), [
      ["X-b", "1"],
      ["x-A", "2"],
      ["X-b", "3"],
    ]);
  });

  test("are without Host and those of the connection", () => {
    const raw = [
      "Host",
      "a",
      "Connection",
      "keep-alive",
      "Transfer-Encoding",
      "chunked",
      "TE",
      "trailers",
      "Upgrade",
      "x",
    ];
    assert.deepEqual(endToEndFields(raw, "keep-alive"), []);
  });

  test("are without those that the Connection field names", () => {
    assert.deepEqual(endToEndFields(["X-Hop", "1", "X-End", "2"], "close, x-hop"), [["X-End", "2"]]);
  });
});
