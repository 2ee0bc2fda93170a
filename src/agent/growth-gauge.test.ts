import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GrowthGauge } from "./growth-gauge.ts";

/** A gauge, and a time that goes on as containers run one call after another. */
function createGauge() {
  const gauge = new GrowthGauge();
  let nowMs = 0;
  const run = (containers: number, runMs: number) => {
    nowMs += runMs / containers;
    gauge.add(containers, runMs, nowMs);
  };
  /** Long enough to know what so many containers bring; each run takes as long as `runMs` says. */
  const measure = (containers: number, runMs: (nth: number) => number) => {
    for (let nth = 0; gauge.growthPays(containers) === undefined; nth++) run(containers, runMs(nth));
  };
  return { gauge, run, measure };
}

const always = (ms: number) => () => ms;

describe("whether more containers serve more calls", () => {
  test("is unknown until each has run two calls", () => {
    const { gauge, run } = createGauge();
    for (let i = 0; i < 15; i++) run(8, 1000);
    assert.equal(gauge.growthPays(8), undefined);
    run(8, 1000);
    assert.equal(gauge.growthPays(8), true);
  });

  test("and until a quick one has been watched for half a second", () => {
    const { gauge, run } = createGauge();
    for (let i = 0; i < 500; i++) run(1, 1);
    assert.equal(gauge.growthPays(1), undefined);
    run(1, 1);
    assert.equal(gauge.growthPays(1), true);
  });

  test("is unknown again as soon as there is another number of them", () => {
    const { gauge, measure } = createGauge();
    measure(2, always(10));
    assert.equal(gauge.growthPays(3), undefined);
  });

  test("yes, when runs stay as short as they were", () => {
    const { gauge, measure } = createGauge();
    measure(8, always(200));
    measure(12, always(205));
    assert.equal(gauge.growthPays(12), true);
  });

  test("no, when runs become longer as fast as containers become more", () => {
    const { gauge, measure } = createGauge();
    measure(2, always(1));
    measure(3, always(1.5));
    assert.equal(gauge.growthPays(3), false);
  });

  test("calls that began before the last container was there do not count", () => {
    const { gauge, measure } = createGauge();
    measure(2, always(10));
    measure(3, (nth) => (nth < 3 ? 1000 : 10));
    assert.equal(gauge.growthPays(3), true);
  });

  test("as before, when chance alone makes runs differ", () => {
    const { gauge, measure } = createGauge();
    const mixed = (nth: number) => (nth % 2 === 0 ? 100 : 300);
    measure(8, mixed);
    measure(12, mixed);
    assert.equal(gauge.growthPays(12), true);
  });

  test("is to be found out anew when the function itself has become slower", () => {
    const { gauge, run, measure } = createGauge();
    measure(2, always(1));
    measure(3, always(1.5));
    assert.equal(gauge.growthPays(3), false);
    for (let i = 0; i < 1000; i++) run(3, 15);
    assert.equal(gauge.growthPays(3), true);
  });

  test("is to be found out anew when there are fewer containers", () => {
    const { gauge, measure } = createGauge();
    measure(2, always(1));
    measure(3, always(1.5));
    measure(2, always(1));
    assert.equal(gauge.growthPays(2), true);
  });
});
