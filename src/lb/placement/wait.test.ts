import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FakeClock } from "../../clock/fake-clock.ts";
import { seededRandom } from "../../clock/random.ts";
import { candidates, fleet, placed } from "./policy.suite.ts";
import { Wait } from "./wait.ts";
import { agedAverage, drawStep, nextAverage, stayChance } from "./wait-rule.ts";

const SECOND = 1e9;
const MS = 1e6;

function rig(nodes = fleet(5), seed = 7) {
  const clock = new FakeClock();
  const policy = new Wait(clock, seededRandom(seed));
  policy.setNodes(nodes);
  /** Calls until one is on this node, which tells of a wait. */
  const tell = (fn: string, node: string, waitNs: number) => {
    const others = fleet(5)
      .map(({ name }) => name)
      .filter((name) => name !== node);
    const placing = placed(policy, fn, others);
    assert.equal(placing.node, node);
    placing.answered(waitNs);
    placing.end();
  };
  return { clock, policy, tell };
}

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
      assert.equal(placed(rig().policy, key).node, `10.0.0.${node}:8080`);
    });
  }

  test("needs no chance while calls do not wait", () => {
    const policy = new Wait(new FakeClock(), { next: () => assert.fail("drawn") });
    policy.setNodes(fleet(5));
    assert.ok(policy.place("/r/app/f", []));
  });
});

describe("after a node that failed", () => {
  test("come the others in the order of names, from it on, and round", () => {
    const { policy } = rig();
    const tried: string[] = [];
    for (let next = policy.place("/r/app/f", tried); next; next = policy.place("/r/app/f", tried)) {
      tried.push(next.node);
    }
    assert.deepEqual(
      tried,
      [3, 4, 5, 1, 2].map((node) => `10.0.0.${node}:8080`),
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
      assert.equal(stayChance(Math.round(waitMs * MS)), percent / 100);
    });
  }
});

describe("the spread of 20 000 calls", () => {
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
      const counts = [0, 0, 0, 0, 0];
      for (let i = 0; i < 20_000; i++) {
        const step = drawStep(5, (at) => (waitS[at] ?? 0) * SECOND, random);
        counts[step] = (counts[step] ?? 0) + 1;
      }
      for (const [step, count] of counts.entries()) {
        const seen = count / 200;
        assert.ok(Math.abs(seen - (percent[step] ?? 0)) < 1.2, `step ${step}: ${seen} %`);
      }
    });
  }

  test("is drawn among a thousand nodes that are all slow without an end", () => {
    const step = drawStep(1000, () => 30 * SECOND, { next: () => 0.999_999_999 });
    assert.ok(step > 100 && step < 1000);
  });
});

describe("the wait of a function on a node", () => {
  test("is the first one, and then moves by a tenth of each further one", () => {
    const seen: number[] = [];
    for (const waitNs of [0, SECOND, 0, 0.5 * SECOND, 3 * SECOND, 3 * SECOND]) {
      seen.push(nextAverage(seen.at(-1), waitNs));
    }
    assert.deepEqual(seen, [0, 100 * MS, 90 * MS, 131 * MS, 417.9 * MS, 676.11 * MS]);
  });

  const counts: readonly (readonly [first: number, waits: number, below: number, count: number])[] = [
    [10, 0, 2, 16],
    [10, 0, 0.5, 29],
    [30, 0, 0.5, 39],
    [2, 0, 0.5, 14],
  ];
  for (const [first, wait, below, count] of counts) {
    test(`falls from ${first} s below ${below} s within ${count} calls that wait ${wait} s`, () => {
      let average = first * SECOND;
      let calls = 0;
      for (; average >= below * SECOND; calls++) average = nextAverage(average, wait * SECOND);
      assert.equal(calls, count);
    });
  }

  test("stays between the least and the greatest", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3600 * SECOND), { minLength: 1 }), (waits) => {
        let average: number | undefined;
        for (const wait of waits) average = nextAverage(average, wait);
        // Each step cuts off less than a nanosecond.
        assert.ok((average ?? -1) >= Math.min(...waits) - 10 && (average ?? 0) <= Math.max(...waits));
      }),
    );
  });

  test("halves with every 30 s of silence, and not before", () => {
    const halves = [29.999, 30, 90].map((silence) => agedAverage(8 * SECOND, silence * SECOND));
    assert.deepEqual(halves, [8 * SECOND, 4 * SECOND, SECOND]);
  });

  test("sends calls on from that node, until it has aged, and those of no other function", async () => {
    const { policy, clock, tell } = rig();
    tell("/r/app/f", "10.0.0.3:8080", 4 * SECOND);
    const homesOf = (fn: string) => Array.from({ length: 50 }, () => placed(policy, fn).node);
    assert.deepEqual(new Set(homesOf("/r/app/f")), new Set(["10.0.0.3:8080", "10.0.0.4:8080"]));
    assert.deepEqual(new Set(homesOf("/r/shop/checkout")), new Set(["10.0.0.3:8080"]));
    await clock.advance(4 * 30_000);
    assert.deepEqual(new Set(homesOf("/r/app/f")), new Set(["10.0.0.3:8080"]));
  });

  test("is not touched by an answer that tells none", () => {
    const { policy } = rig(candidates("a:1"));
    policy.loads.report();
    placed(policy, "/r/app/f").answered(undefined);
    assert.deepEqual(policy.loads.report()?.fns, []);
  });

  test("is known to the other processes, unless they know a later one", () => {
    const [one, other] = [rig(), rig()];
    one.policy.loads.report();
    one.tell("/r/app/f", "10.0.0.3:8080", 4 * SECOND);
    const report = one.policy.loads.report();
    assert.ok(report);
    other.policy.loads.learn("1", report);
    const nodes = new Set(Array.from({ length: 50 }, () => placed(other.policy, "/r/app/f").node));
    assert.deepEqual(nodes, new Set(["10.0.0.3:8080", "10.0.0.4:8080"]));
  });
});
