import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mergeKeyed } from "./keyed.ts";

describe("a change by key", () => {
  test("sets what has a value, removes what has none, keeps what is not named", () => {
    const values = { A: "1", B: "2", C: "3", EMPTY: "" };
    assert.deepEqual(mergeKeyed<string | null>(values, { A: "one", B: "", C: null, D: "4" }), {
      A: "one",
      EMPTY: "",
      D: "4",
    });
  });

  test("takes no other value for an empty one", () => {
    const change = { zero: 0, no: false, list: [], object: {} };
    assert.deepEqual(mergeKeyed<unknown>({}, change), change);
  });

  test("keeps an empty value whose key only looks named, as all objects have it", () => {
    assert.deepEqual(mergeKeyed({ toString: "" }, {}), { toString: "" });
  });

  test("treats __proto__ as a key like any other", () => {
    const change: Record<string, string> = JSON.parse('{"__proto__":"x"}');
    assert.deepEqual(Object.entries(mergeKeyed({}, change)), [["__proto__", "x"]]);
  });
});
