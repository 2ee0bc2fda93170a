import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../../clock/random.ts";
import { hashOfKey } from "./key.ts";
import { placeCall, stayChance } from "./placement.ts";

const SECOND = 1e9;
const NODES = [1, 2, 3, 4, 5].map((n) => `10.0.0.${n}:8080`);
const noWait = () => 0;

describe("the home of a function", () => {
  const homes: readonly (readonly [key: string, node: number])[] = [
    ["/r/myapp/hello", 5],
    ["/r/myapp/hello/", 1],
    ["/r/myapp/users/1", 1],
    ["/r/myapp/users/2", 4],
    ["/r/app/f", 3],
    ["/r/app/g", 2],
    ["/r/shop/cart", 5],
    ["/r/shop/checkout", 3],
    ["/r/img/resize", 1],
    ["/r/primesapp/primes", 2],
    ["/r/café/x", 3],
    ["/r/a/b/c d;x", 2],
    ["/v1/apps", 3],
  ];
  for (const [key, node] of homes) {
    test(`${key} lives on node ${node} of five`, () => {
      assert.equal(placeCall(hashOfKey(key), NODES, noWait, seededRandom(1))[0], `10.0.0.${node}:8080`);
    });
  }

  test("is no node when there is none", () => {
    assert.deepEqual(placeCall(1n, [], noWait, seededRandom(1)), []);
  });

  test("needs no chance while calls do not wait", () => {
    const random = { next: () => assert.fail("drawn") };
    assert.equal(placeCall(hashOfKey("/r/app/f"), NODES, noWait, random).length, 5);
  });
});

describe("the order in which nodes are tried", () => {
  test("holds every node once, in the order of names from the first one on, whatever the waits", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.array(fc.nat(5 * SECOND), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        (hash, waits, seed) => {
          const nodes = waits.map((_, i) => `node-${String(i).padStart(2, "0")}:80`);
          const order = placeCall(hash, nodes, (node) => waits[nodes.indexOf(node)] ?? 0, seededRandom(seed));
          const start = nodes.indexOf(order[0] ?? "");
          assert.deepEqual(order, [...nodes.slice(start), ...nodes.slice(0, start)]);
        },
      ),
    );
  });
});

describe("the chance to stay where calls wait", () => {
  const chances: readonly (readonly [waitMs: number, percent: number])[] = [
    [0, 100],
    [499.999999, 100],
    [500, 40],
    [501, 39],
    [650, 37],
    [800, 34],
    [1000, 30],
    [1250, 25],
    [1500, 20],
    [1750, 15],
    [2000, 10],
    [30_000, 10],
  ];
  for (const [waitMs, percent] of chances) {
    test(`for ${waitMs} ms is ${percent} %`, () => {
      assert.equal(stayChance(Math.round(waitMs * 1e6)), percent / 100);
    });
  }
});

describe("the spread of 20 000 calls", () => {
  const HOME = hashOfKey("/r/img/resize"); // on the first node
  const spreads: readonly (readonly [name: string, waitS: readonly number[], percent: readonly number[]])[] =
    [
      ["all nodes at 500 ms", [0.5, 0.5, 0.5, 0.5, 0.5], [43.4, 26, 15.6, 9.4, 5.6]],
      ["all nodes at 1.25 s", [1.25, 1.25, 1.25, 1.25, 1.25], [32.8, 24.6, 18.4, 13.8, 10.4]],
      ["all nodes at 30 s", [30, 30, 30, 30, 30], [24.4, 22, 19.8, 17.8, 16]],
      ["the home at 1 s, the next free", [1, 0, 9, 9, 9], [30, 70, 0, 0, 0]],
      ["the home free, the others not", [0.4, 9, 9, 9, 9], [100, 0, 0, 0, 0]],
      ["the home at 3 s, two at 500 ms", [3, 0.5, 0.5, 0, 0], [10, 36, 21.6, 32.4, 0]],
    ];
  for (const [name, waitS, percent] of spreads) {
    test(`${name}: ${percent.join(" / ")} %`, () => {
      const random = seededRandom(7);
      const counts = new Map(NODES.map((node) => [node, 0]));
      for (let i = 0; i < 20_000; i++) {
        const node = placeCall(HOME, NODES, (n) => (waitS[NODES.indexOf(n)] ?? 0) * SECOND, random)[0] ?? "";
        counts.set(node, (counts.get(node) ?? 0) + 1);
      }
      for (const [i, node] of NODES.entries()) {
        const seen = (counts.get(node) ?? 0) / 200;
        assert.ok(Math.abs(seen - (percent[i] ?? 0)) < 1.2, `${node}: ${seen} %, expected ${percent[i]} %`);
      }
    });
  }
});
