import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { encodeKey, keyPage, nextCursor, rawPage } from "./paging.ts";

describe("API reference 1.4: per_page", () => {
  const cases = [
    { per_page: "1", limit: 1 },
    { per_page: "100", limit: 100 },
    { per_page: "101", limit: 100 },
    { per_page: "99999999999999999999", limit: 100 },
    { per_page: "0", limit: 30 },
    { per_page: "-5", limit: 30 },
    { per_page: "", limit: 30 },
    { per_page: "ten", limit: 30 },
    { per_page: "1.5", limit: 30 },
    { per_page: undefined, limit: 30 },
  ];
  for (const { per_page, limit } of cases) {
    test(`${per_page} makes pages of ${limit}`, () => assert.equal(keyPage({ per_page }).limit, limit));
  }
});

describe("API reference 1.4: a cursor", () => {
  test("is the key in unpadded base64 for URLs", () => {
    assert.equal(encodeKey("a"), "YQ");
    assert.equal(encodeKey("/full"), "L2Z1bGw");
    assert.equal(encodeKey("/??~"), "Lz8_fg");
  });

  test("leads back to its key, whatever that is", () => {
    const key = fc.string({ unit: "binary", minLength: 1 }).filter((text) => !text.includes("\0"));
    fc.assert(fc.property(key, (text) => assert.equal(keyPage({ cursor: encodeKey(text) }).after, text)));
  });

  for (const cursor of ["", "***", "YQ==", "Y", "Lz8/fg", "_w", "AA", "YR"]) {
    test(`"${cursor}" is none, and starts from the beginning`, () => {
      assert.equal(keyPage({ cursor }).after, undefined);
    });
  }

  test("of calls is the id itself", () => assert.equal(rawPage({ cursor: "01A" }).after, "01A"));

  test("of the next page is there when this one is full", () => {
    const page = { limit: 2 };
    const cursorOf = (item: string) => item;
    assert.deepEqual(
      [["a", "b"], ["a"], []].map((items) => nextCursor(items, page, cursorOf)),
      ["b", "", ""],
    );
  });
});
