import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { sipHash } from "./siphash.ts";

/** Lengths around the word of eight bytes, and texts outside ASCII. */
const VECTORS: readonly (readonly [text: string, hash: bigint])[] = [
  ["", 0x4dccf8f6e62ea9adn],
  ["a", 0x604b22e2a73bf95dn],
  ["ab", 0x9d1bc44dd53daaa5n],
  ["abcdefg", 0x6830202159e9546en],
  ["abcdefgh", 0x13fc28d1d46858aan],
  ["abcdefghi", 0xa14e98929f7e5c18n],
  ["0123456789abcdef", 0x6204ab24465532d2n],
  ["/", 0xc4ef3f885f5650c8n],
  ["/r/myapp/hello", 0x48ace58778eef077n],
  ["/r/myapp/hello/", 0x5d6d248955217b3fn],
  ["/r/primesapp/primes", 0x4fb41046a3ff5991n],
  ["/r/app/f", 0x1b86f1eca4d3cd30n],
  ["/r/café/x", 0xf2cdf81b29cbf444n],
  ["/v1/apps", 0x1226ed1c4c03a60an],
];

describe("SipHash-2-4", () => {
  test("gives the value of the published example", () => {
    const bytes = Uint8Array.from({ length: 15 }, (_, i) => i);
    assert.equal(sipHash(bytes, 0x0706050403020100n, 0x0f0e0d0c0b0a0908n), 0xa129ca6149be45e5n);
  });

  for (const [text, hash] of VECTORS) {
    test(`of "${text}" under Fn's key is ${hash.toString(16)}`, () => {
      assert.equal(sipHash(new TextEncoder().encode(text), 0n, 0x4c617279426f6174n), hash);
    });
  }

  test("agrees with the same steps written in whole 64-bit numbers", () => {
    const word = fc.bigInt({ min: 0n, max: MASK });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), word, word, (bytes, k0, k1) => {
        assert.equal(sipHash(bytes, k0, k1), sipHashOfBigInts(bytes, k0, k1));
      }),
      { numRuns: 200 },
    );
  });
});

const MASK = 2n ** 64n - 1n;

function sipHashOfBigInts(bytes: Uint8Array, k0: bigint, k1: bigint): bigint {
  const rotate = (x: bigint, bits: bigint) => ((x << bits) | (x >> (64n - bits))) & MASK;
  let [v0, v1, v2, v3] = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) {
      v0 = (v0 + v1) & MASK;
      v1 = rotate(v1, 13n) ^ v0;
      v0 = rotate(v0, 32n);
      v2 = (v2 + v3) & MASK;
      v3 = rotate(v3, 16n) ^ v2;
      v0 = (v0 + v3) & MASK;
      v3 = rotate(v3, 21n) ^ v0;
      v2 = (v2 + v1) & MASK;
      v1 = rotate(v1, 17n) ^ v2;
      v2 = rotate(v2, 32n);
    }
  };
  const last = bytes.length - (bytes.length % 8);
  for (let at = 0; at <= last; at += 8) {
    let word = at === last ? BigInt(bytes.length % 256) << 56n : 0n;
    for (const [i, byte] of bytes.subarray(at, at + 8).entries()) word |= BigInt(byte) << BigInt(8 * i);
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }
  v2 ^= 0xffn;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}
