import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { settle } from "../clock/fake-clock.ts";
import { chooseVictims, Evictor, type Holding } from "./evictor.ts";

const container = (memoryMib: number, cpusMilli = 0): Holding => ({ memoryMib, cpusMilli });
const missing = (memoryMib: number, cpusMilli = 0, excessMib = 0) => ({ memoryMib, cpusMilli, excessMib });

describe("whom to evict", () => {
  test("the least recently used first, and no more than needed", () => {
    const [oldest, middle, newest] = [container(100), container(100), container(100)];
    assert.deepEqual(chooseVictims([oldest, middle, newest], missing(150)), [oldest, middle]);
  });

  test("nobody, when all of them together are not enough", () => {
    assert.deepEqual(chooseVictims([container(100), container(100)], missing(201)), []);
  });

  test("for missing cpu only those that hold some", () => {
    const [free, shared] = [container(100, 0), container(100, 500)];
    assert.deepEqual(chooseVictims([free, shared], missing(0, 250)), [shared]);
  });

  test("for both, until both suffice", () => {
    const [a, b, c] = [container(100, 500), container(100, 0), container(100, 500)];
    assert.deepEqual(chooseVictims([a, b, c], missing(200, 1000)), [a, b, c]);
  });

  test("whoever is chosen suffices, and would not without the last one", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 512 }), { maxLength: 20 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 4096 }), (sizesMib, shortageMib) => {
        const victims = chooseVictims(
          sizesMib.map((sizeMib) => container(sizeMib)),
          missing(shortageMib),
        );
        const freed = victims.reduce((sum, { memoryMib }) => sum + memoryMib, 0);
        const all = sizesMib.reduce((sum, size) => sum + size, 0);
        assert.equal(victims.length === 0, all < shortageMib);
        if (victims.length > 0) {
          assert.ok(freed >= shortageMib);
          assert.ok(freed - (victims.at(-1)?.memoryMib ?? 0) < shortageMib);
        }
      }),
    );
  });
});

describe("the evictor", () => {
  test("evicts nobody while memory suffices", () => {
    const evictor = new Evictor(() => missing(0));
    evictor.add(container(100), () => assert.fail("evicted"));
    evictor.relieve();
  });

  test("a container that becomes idle while somebody waits for memory goes at once", async () => {
    let shortageMib = 100;
    const evictor = new Evictor(() => missing(shortageMib));
    const evicted: string[] = [];
    evictor.add(container(128), async () => {
      evicted.push("a");
      shortageMib = 0;
    });
    await settle();
    assert.deepEqual(evicted, ["a"]);
  });

  test("what is leaving counts already: no second one goes for the same shortage", async () => {
    const evictor = new Evictor(() => missing(100));
    const evicted: string[] = [];
    const leaving = Promise.withResolvers<void>();
    evictor.add(container(128), () => {
      evicted.push("a");
      return leaving.promise;
    });
    evictor.add(container(128), async () => void evicted.push("b"));
    await settle();
    assert.deepEqual(evicted, ["a"]);
    leaving.resolve();
    await settle();
    assert.deepEqual(evicted, ["a", "b"], "the shortage is still there when the first one has gone");
  });

  test("a container that is used again is not evicted", () => {
    let shortageMib = 0;
    const evictor = new Evictor(() => missing(shortageMib));
    const busy = container(128);
    evictor.add(busy, () => assert.fail("evicted"));
    evictor.remove(busy);
    shortageMib = 100;
    evictor.relieve();
  });

  test("what the machine has no more is given back as far as there are idle containers", async () => {
    let excessMib = 300;
    const evictor = new Evictor(() => missing(0, 0, excessMib));
    const evicted: string[] = [];
    const evict = (name: string) => async () => {
      evicted.push(name);
      excessMib -= 128;
    };
    evictor.add(container(128), evict("a"));
    await settle();
    evictor.add(container(128), evict("b"));
    await settle();
    assert.deepEqual(evicted, ["a", "b"], "though both together are less than 300 MiB");
  });

  test("says what the idle ones hold together", () => {
    const evictor = new Evictor(() => missing(0));
    const busy = container(128, 500);
    evictor.add(busy, async () => {});
    evictor.add(container(64, 100), async () => {});
    assert.deepEqual(evictor.idle, { memoryMib: 192, cpusMilli: 600 });
    evictor.remove(busy);
    evictor.remove(busy);
    assert.deepEqual(evictor.idle, { memoryMib: 64, cpusMilli: 100 });
  });
});
