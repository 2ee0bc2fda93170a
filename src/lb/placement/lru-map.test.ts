import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LruMap } from "./lru-map.ts";

describe("a bounded map", () => {
  test("forgets the entry that was not used for longest", () => {
    const map = new LruMap<string, number>(2);
    map.set("a", 1);
    map.set("b", 2);
    map.get("a");
    map.set("c", 3);
    assert.deepEqual([map.get("a"), map.get("b"), map.get("c")], [1, undefined, 3]);
  });

  test("keeps the latest value of a key", () => {
    const map = new LruMap<string, number>(2);
    map.set("a", 1);
    map.set("a", 2);
    assert.deepEqual([map.get("a"), map.size], [2, 1]);
  });

  test("never holds more than its limit", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), fc.integer({ min: 1, max: 8 }), (keys, max) => {
        const map = new LruMap<number, number>(max);
        for (const key of keys) {
          map.set(key, key);
          assert.ok(map.size <= max);
        }
      }),
    );
  });
});
