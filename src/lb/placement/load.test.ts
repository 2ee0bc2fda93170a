import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FakeClock } from "../../clock/fake-clock.ts";
import { Load } from "./load.ts";

const F = 0x1b86f1eca4d3cd30n;
const G = 0xf791f438b0af1578n;
const MS = 1e6;
const SECOND = 1e9;

describe("the load of a node with a function", () => {
  test("is nothing before the first wait is known", () => {
    assert.equal(new Load(new FakeClock()).waitNs("a:1", F), 0);
  });

  test("is the first wait, and then moves by a tenth of each further one", () => {
    const load = new Load(new FakeClock());
    const seen = [0, SECOND, 0, 0.5 * SECOND, 3 * SECOND, 3 * SECOND].map((waitNs) => {
      load.add("a:1", F, waitNs);
      return load.waitNs("a:1", F);
    });
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
      const load = new Load(new FakeClock());
      load.add("a:1", F, first * SECOND);
      let calls = 0;
      while (load.waitNs("a:1", F) >= below * SECOND) {
        load.add("a:1", F, wait * SECOND);
        calls++;
      }
      assert.equal(calls, count);
    });
  }

  test("stays between the least and the greatest wait", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3600 * SECOND), { minLength: 1 }), (waits) => {
        const load = new Load(new FakeClock());
        for (const wait of waits) load.add("a:1", F, wait);
        const average = load.waitNs("a:1", F);
        // Each step cuts off less than a nanosecond.
        assert.ok(average >= Math.min(...waits) - 10 && average <= Math.max(...waits));
      }),
    );
  });

  test("halves with every 30 s of silence, and not before", async () => {
    const clock = new FakeClock();
    const load = new Load(clock);
    load.add("a:1", F, 8 * SECOND);
    await clock.advance(29_999);
    assert.equal(load.waitNs("a:1", F), 8 * SECOND);
    await clock.advance(1);
    assert.equal(load.waitNs("a:1", F), 4 * SECOND);
    await clock.advance(60_000);
    assert.equal(load.waitNs("a:1", F), SECOND);
  });

  test("after silence a new wait moves what is left of the average", async () => {
    const clock = new FakeClock();
    const load = new Load(clock);
    load.add("a:1", F, 8 * SECOND);
    await clock.advance(30_000);
    load.add("a:1", F, 0);
    assert.equal(load.waitNs("a:1", F), 3.6 * SECOND);
  });

  test("is kept apart for each node and each function", () => {
    const load = new Load(new FakeClock());
    load.add("a:1", F, SECOND);
    assert.deepEqual([load.waitNs("b:1", F), load.waitNs("a:1", G)], [0, 0]);
  });

  test("is forgotten with the node", () => {
    const load = new Load(new FakeClock());
    load.add("a:1", F, SECOND);
    load.remove("a:1");
    assert.deepEqual([load.waitNs("a:1", F), load.size], [0, 0]);
  });

  test("is remembered for a bounded number of functions", () => {
    const load = new Load(new FakeClock());
    for (let i = 0; i < 12_000; i++) load.add("a:1", BigInt(i), SECOND);
    assert.equal(load.size, 10_000);
    assert.equal(load.waitNs("a:1", 11_999n), SECOND);
  });
});
