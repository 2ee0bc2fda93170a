import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { jumpHash } from "./jump-hash.ts";

const COUNTS = [1, 2, 3, 5, 10, 100, 1000];

const VECTORS: readonly (readonly [hash: bigint, buckets: readonly number[]])[] = [
  [0n, [0, 0, 0, 0, 0, 0, 0]],
  [1n, [0, 0, 0, 0, 6, 55, 549]],
  [2n, [0, 0, 0, 3, 6, 62, 338]],
  [42n, [0, 1, 2, 2, 2, 43, 571]],
  [256n, [0, 1, 2, 3, 3, 16, 520]],
  [0xdeadbeefn, [0, 1, 2, 3, 5, 87, 285]],
  [10863919174838991n, [0, 1, 1, 1, 6, 21, 830]],
  [0x4c617279426f6174n, [0, 1, 1, 4, 4, 48, 422]],
  [0x8000000000000000n, [0, 1, 1, 4, 5, 84, 453]],
  [0xffffffffffffffffn, [0, 1, 2, 2, 9, 92, 313]],
];

const anyHash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe("jump consistent hash", () => {
  for (const [hash, buckets] of VECTORS) {
    test(`puts ${hash} into the published buckets for 1 to 1000 of them`, () => {
      assert.deepEqual(
        COUNTS.map((count) => jumpHash(hash, count)),
        buckets,
      );
    });
  }

  test("gives the two further published values", () => {
    assert.equal(jumpHash(42n, 57), 43);
    assert.equal(jumpHash(256n, 1024), 520);
  });

  test("a new last bucket takes keys and moves no other", () => {
    fc.assert(
      fc.property(anyHash, fc.integer({ min: 1, max: 200 }), (hash, count) => {
        const [before, after] = [jumpHash(hash, count), jumpHash(hash, count + 1)];
        assert.ok(after === before || after === count);
      }),
    );
  });

  test("gives every bucket its share", () => {
    const shares = [0, 0, 0, 0, 0];
    for (let i = 0; i < 5000; i++) {
      const hash = BigInt.asUintN(64, BigInt(i) * 0x9e3779b97f4a7c15n);
      const bucket = jumpHash(hash, 5);
      shares[bucket] = (shares[bucket] ?? 0) + 1;
    }
    for (const share of shares) assert.ok(share > 850 && share < 1150, String(shares));
  });

  test("refuses to choose among no buckets", () => {
    assert.throws(() => jumpHash(1n, 0), RangeError);
  });
});
