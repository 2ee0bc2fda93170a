/**
 * What the start rule, the limiter and the memory rules come to together: traces of calls, played against the agent, the
 * rule of January 2018, and containers that are there from the beginning, all on the same simulated machine.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { simulate, simulate2018, simulateReady } from "./simulator/simulate.suite.ts";
import type { SimulatedFn, Trace } from "./simulator/trace.suite.ts";

const CALLERS = 32;
const machine = { cores: 2, startMs: 150, memoryMib: 8192 };

function callersOf(fn: SimulatedFn, trace: Pick<Trace, "callersEndMs" | "gridMs">): Trace {
  return { callers: [{ fn, count: CALLERS }], ...trace };
}

describe("32 callers of a quick function that computes", () => {
  // What is measured of a function of 1 ms is up to 3 ms, what the node itself takes included.
  for (const [runMs, startMs] of [
    [1, 40],
    [1, 300],
    [3, 40],
    [3, 100],
  ] as const) {
    test(`${runMs} ms, ${startMs} ms to start: at most 4 containers serve as many as 32`, async () => {
      const trace = callersOf(
        { name: "quick", runMs, isBusyOnCpu: true },
        { callersEndMs: 1200 + 6 * startMs, gridMs: 0.5 },
      );
      const options = { ...machine, startMs };
      const ours = await simulate(trace, options);
      const ready = await simulateReady(trace, options, CALLERS);
      assert.ok(ours.containersMax <= 4, `${ours.containersMax} containers`);
      assert.ok(ours.steadyPerS >= 0.99 * ready.steadyPerS, `${ours.steadyPerS} calls per second`);
      assert.equal(ours.failed, 0);
    });
  }

  test("the rule of 2018 starts one for nearly each of them, and serves no more", async () => {
    const trace = callersOf(
      { name: "quick", runMs: 1, isBusyOnCpu: true },
      { callersEndMs: 2000, gridMs: 0.5 },
    );
    const [ours, theirs] = [await simulate(trace, machine), await simulate2018(trace, machine)];
    assert.ok(theirs.containersMax > 24);
    assert.ok(ours.steadyPerS >= 0.99 * theirs.steadyPerS);
  });
});

describe("32 callers of a function of 200 ms that waits for something", () => {
  for (const startMs of [40, 150, 300]) {
    test(`${startMs} ms to start: ends near 32 containers, and soon waits hardly at all`, async () => {
      const trace = callersOf({ name: "slow", runMs: 200 }, { callersEndMs: 12_000, gridMs: 1 });
      const options = { ...machine, startMs };
      const ours = await simulate(trace, options);
      const ready = await simulateReady(trace, options, CALLERS);
      assert.ok(
        ours.containersMax >= 28 && ours.containersMax <= CALLERS,
        `${ours.containersMax} containers`,
      );
      assert.ok(
        ours.steadyLatencyP99Ms <= 1.5 * (ready.latencyP99Ms + startMs),
        `${ours.steadyLatencyP99Ms} ms`,
      );
      assert.ok(ours.steadyPerS >= 0.8 * ready.steadyPerS, `${ours.steadyPerS} calls per second`);
    });
  }
});

describe("1000 functions, one call each, all at once", () => {
  const arrivals = Array.from({ length: 1000 }, (_, i) => ({
    atMs: 0,
    fn: { name: `fn-${i}`, runMs: 5, timeoutS: 120 },
  }));
  const trace = { arrivals, gridMs: 5 };
  const options = { cores: 2, startMs: 100, memoryMib: 16_384 };

  test("all are served, with never more starts in flight than the limiter says", async () => {
    const ours = await simulate(trace, options);
    assert.equal(ours.served, 1000);
    // One more than there are cores while it tries whether that is better.
    assert.ok(ours.startsInFlightMax <= 3, `${ours.startsInFlightMax} in flight`);
  });

  test("the rule of 2018 starts as many as memory holds, and loses what idle containers keep out", async () => {
    // A quarter of it shows the same, and the model's polling takes a while to play.
    const quarter = { arrivals: arrivals.slice(0, 250), gridMs: 5 };
    const theirs = await simulate2018(quarter, { ...options, memoryMib: options.memoryMib / 4 });
    assert.equal(theirs.startsInFlightMax, 32);
    assert.ok(theirs.failed > 0);
  });
});

describe("a ramp from 1 to 64 calls at a time of a function of 100 ms", () => {
  // From one to 64 new calls in every 100 ms.
  const arrivals = Array.from({ length: 64 }, (_, step) =>
    Array.from({ length: step + 1 }, (_, i) => ({
      atMs: step * 100 + (i * 100) / (step + 1),
      fn: { name: "ramp", runMs: 100 },
    })),
  ).flat();
  const trace = { arrivals, gridMs: 1 };

  test("is served by no more containers than the rule of 2018 takes, at twice its p99 and a start at most", async () => {
    const [ours, theirs] = [await simulate(trace, machine), await simulate2018(trace, machine)];
    assert.equal(ours.failed, 0);
    assert.ok(ours.containersMax <= theirs.containersMax, `${ours.containersMax} of ${theirs.containersMax}`);
    assert.ok(
      ours.latencyP99Ms <= 2 * theirs.latencyP99Ms + machine.startMs,
      `${ours.latencyP99Ms} ms, ${theirs.latencyP99Ms} ms`,
    );
  });
});

describe("small functions and a large one that share too little memory", () => {
  const large = { name: "large", runMs: 300, memoryMib: 2048 };
  const small = (i: number) => ({ name: `small-${i}`, runMs: 20, memoryMib: 128 });
  const arrivals = [
    ...Array.from({ length: 200 }, (_, i) => ({ atMs: i * 50, fn: small(i % 20) })),
    ...Array.from({ length: 10 }, (_, i) => ({ atMs: 500 + i * 1000, fn: large })),
  ];
  const trace = { arrivals, gridMs: 1 };
  const options = { ...machine, memoryMib: 2560 };

  test("all are served, where the rule of 2018 loses those that idle containers keep out", async () => {
    const [ours, theirs] = [await simulate(trace, options), await simulate2018(trace, options)];
    assert.equal(ours.failed, 0);
    assert.ok(theirs.failed > 0);
  });
});

describe("a function that wants 64 containers, and 20 new ones that are called a moment later", () => {
  const hungry = { name: "hungry", runMs: 2000 };
  const late = Array.from({ length: 20 }, (_, i) => ({ name: `late-${i}`, runMs: 5 }));
  const arrivals = [
    ...Array.from({ length: 64 }, () => ({ atMs: 0, fn: hungry })),
    ...late.map((fn) => ({ atMs: 400, fn })),
  ];

  test("the new ones wait for each other, and not for the containers that the first one still wants", async () => {
    const { failed, waitMaxMsOf } = await simulate(
      { arrivals, gridMs: 5 },
      { ...machine, memoryMib: 16_384 },
    );
    assert.equal(failed, 0);
    const waitMaxMs = Math.max(...late.map(({ name }) => waitMaxMsOf.get(name) ?? Number.NaN));
    const startsMs = ((late.length + machine.cores) * machine.startMs) / machine.cores;
    assert.ok(waitMaxMs <= 1.25 * startsMs, `${waitMaxMs} ms`);
  });
});
