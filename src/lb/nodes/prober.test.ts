import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock, settle } from "../../clock/fake-clock.ts";
import { type Random, seededRandom } from "../../clock/random.ts";
import { Prober } from "./prober.ts";

describe("the checks of a node", () => {
  test("begin at once and come again at every interval", async () => {
    const { clock, prober, begun } = makeProber();
    prober.watch("a:1");
    await clock.advance(6000);
    assert.deepEqual(begun, [0, 3000, 6000]);
  });

  test("tell what they found and when they began", async () => {
    const { clock, prober, results, fail } = makeProber();
    prober.watch("a:1");
    await clock.advance(1000);
    fail("broken");
    await clock.advance(2000);
    assert.deepEqual(results, [
      { node: "a:1", passed: true, isDraining: false, beganNs: 0, reason: undefined },
      { node: "a:1", passed: false, isDraining: false, beganNs: 3e9, reason: "broken" },
    ]);
  });

  test("tell that the node says it is going down", async () => {
    const { prober, results, drain } = makeProber();
    drain();
    prober.watch("a:1");
    await settle();
    assert.deepEqual(results, [
      { node: "a:1", passed: true, isDraining: true, beganNs: 0, reason: undefined },
    ]);
    prober.stop();
  });

  test("come at intervals that vary by a tenth, where there is chance", async () => {
    const { clock, prober, begun } = makeProber(seededRandom(7));
    prober.watch("a:1");
    await clock.advance(60_000);
    const periods = begun.slice(1).map((at, i) => at - (begun[i] ?? 0));
    assert.ok(periods.length >= 18);
    assert.ok(periods.every((period) => period >= 2700 && period <= 3300));
    assert.ok(Math.max(...periods) - Math.min(...periods) > 300);
    prober.stop();
  });

  test("fail when there is no answer in time", async () => {
    const { clock, prober, results, hang } = makeProber();
    hang();
    prober.watch("a:1");
    await clock.advance(4999);
    assert.deepEqual(results, []);
    await clock.advance(1);
    assert.deepEqual(
      results.map(({ passed, beganNs }) => ({ passed, beganNs })),
      [{ passed: false, beganNs: 0 }],
    );
  });

  test("never overlap: the next begins when one that outlasts the interval has ended", async () => {
    const { clock, prober, begun, hang } = makeProber();
    hang();
    prober.watch("a:1");
    await clock.advance(10_000);
    assert.deepEqual(begun, [0, 5000, 10_000]);
    prober.stop();
  });

  test("begin once for a node that is watched twice", async () => {
    const { prober, begun } = makeProber();
    prober.watch("a:1");
    prober.watch("a:1");
    await settle();
    assert.deepEqual(begun, [0]);
  });

  test("have no result once the node is no longer watched", async () => {
    const { clock, prober, results, hang } = makeProber();
    hang();
    prober.watch("a:1");
    await settle();
    prober.unwatch("a:1");
    await clock.advance(10_000);
    assert.deepEqual(results, []);
  });

  test("begin anew when the node comes back", async () => {
    const { clock, prober, begun } = makeProber();
    prober.watch("a:1");
    await clock.advance(1000);
    prober.unwatch("a:1");
    prober.watch("a:1");
    await clock.advance(2500);
    assert.deepEqual(begun, [0, 1000]);
  });

  test("can be waited for: until each node that is watched has had its first", async () => {
    const { clock, prober, results, hang } = makeProber();
    await prober.checkedOnce();
    hang();
    prober.watch("a:1");
    prober.watch("b:1");
    let isOver = false;
    const checked = prober.checkedOnce().then(() => {
      isOver = true;
    });
    await clock.advance(4999);
    assert.equal(isOver, false);
    await clock.advance(1);
    await checked;
    assert.equal(results.length, 2);
    prober.stop();
  });

  test("are not waited for any longer when the node is watched no more", async () => {
    const { prober, hang } = makeProber();
    hang();
    prober.watch("a:1");
    const checked = prober.checkedOnce();
    prober.stop();
    await checked;
  });

  test("come at once for a node that is in a hurry, then at growing distances up to the interval", async () => {
    const { clock, prober, begun, fail } = makeProber();
    prober.watch("a:1");
    fail("refused");
    await clock.advance(1000);
    prober.hurry("a:1");
    await clock.advance(12_100);
    assert.deepEqual(begun, [0, 1000, 1100, 1300, 1700, 2500, 4100, 7100, 10_100, 13_100]);
    prober.stop();
  });

  test("are in no hurry any more once one has passed", async () => {
    const { clock, prober, begun, fail } = makeProber();
    prober.watch("a:1");
    fail("refused");
    await clock.advance(1000);
    prober.hurry("a:1");
    await clock.advance(200);
    fail(undefined);
    await clock.advance(4000);
    assert.deepEqual(begun, [0, 1000, 1100, 1300, 4300]);
    prober.stop();
  });

  test("go on in a hurry after one that passed, when it had begun before", async () => {
    const { clock, prober, begun, finish } = makeSlowProber();
    prober.watch("a:1");
    await clock.advance(10);
    prober.hurry("a:1");
    finish();
    await clock.advance(100);
    assert.deepEqual(begun, [0, 100]);
    prober.stop();
  });

  test("leave no timer behind after a stop", async () => {
    const { clock, prober } = makeProber();
    prober.watch("a:1");
    prober.watch("b:1");
    await clock.advance(3500);
    prober.stop();
    await settle();
    assert.equal(clock.pending, 0);
  });
});

/** A prober with an interval of 3 s and a timeout of 5 s, over a check that passes until told otherwise. */
function makeProber(random?: Random) {
  const clock = new FakeClock();
  const begun: number[] = [];
  const results: object[] & { passed?: boolean; beganNs?: number }[] = [];
  let failure: string | undefined;
  let isHanging = false;
  let isDraining = false;
  const prober = new Prober({
    clock,
    ...(random && { random }),
    intervalMs: 3000,
    timeoutMs: 5000,
    check: async (_node, signal) => {
      begun.push(clock.monotonicNs() / 1e6);
      if (isHanging) {
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      }
      if (failure !== undefined) throw failure;
      return { isDraining };
    },
    onResult: (node, result, reason) => results.push({ node, ...result, reason }),
  });
  return {
    clock,
    prober,
    begun,
    results,
    fail: (reason: string | undefined) => {
      failure = reason;
    },
    drain: () => {
      isDraining = true;
    },
    hang: () => {
      isHanging = true;
    },
  };
}

/** As above, over a check that passes when the test says so. */
function makeSlowProber() {
  const clock = new FakeClock();
  const begun: number[] = [];
  let finish = () => {};
  const prober = new Prober({
    clock,
    intervalMs: 3000,
    timeoutMs: 5000,
    check: (_node, signal) => {
      begun.push(clock.monotonicNs() / 1e6);
      return new Promise((resolve, reject) => {
        finish = () => resolve({ isDraining: false });
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
    onResult: () => {},
  });
  return { clock, prober, begun, finish: () => finish() };
}
