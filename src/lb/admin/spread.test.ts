import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nodesSuggested, spreadsOf } from "./spread.ts";
import type { TrafficTotal } from "./traffic.ts";

function total(node: string, more: Partial<TrafficTotal> = {}): TrafficTotal {
  return { node, func: "/r/a/f", requests: 60, waited: 0, took: 6, ...more };
}

describe("how a function is spread", () => {
  test("is how many nodes answer it, and the share that others have than the one with most", () => {
    const [spread] = spreadsOf([total("a:1", { requests: 90 }), total("b:1", { requests: 30 })]);
    assert.deepEqual([spread?.width, spread?.overflow, spread?.requestsPerS], [2, 0.25, 2]);
  });

  test("is one node and no overflow at home", () => {
    const [spread] = spreadsOf([total("a:1")]);
    assert.deepEqual([spread?.width, spread?.overflow], [1, 0]);
  });

  test("tells how long its requests wait, and which share of their time that is", () => {
    const [spread] = spreadsOf([
      total("a:1", { waited: 6, took: 12 }),
      total("b:1", { waited: 0, took: 12 }),
    ]);
    assert.deepEqual([spread?.waitS, spread?.saturation], [0.05, 0.25]);
  });

  test("leaves out what no node could take", () => assert.deepEqual(spreadsOf([total("")]), []));

  test("is told of each function by itself", () => {
    const spreads = spreadsOf([total("a:1"), total("a:1", { func: "/r/a/g" })]);
    assert.deepEqual(
      spreads.map(({ fn }) => fn),
      ["/r/a/f", "/r/a/g"],
    );
  });
});

describe("the number of nodes that is suggested", () => {
  const cases: readonly (readonly [
    what: string,
    totals: TrafficTotal[],
    online: number,
    suggested: number,
  ])[] = [
    ["is that of now without traffic", [], 3, 3],
    ["is that of now without waits", [total("a:1")], 3, 3],
    ["is that of now while hardly anything waits", [total("a:1", { waited: 0.2, took: 6 })], 3, 3],
    ["is double when requests wait half of their time", [total("a:1", { waited: 3, took: 6 })], 3, 6],
    ["is rounded up", [total("a:1", { waited: 1, took: 6 })], 2, 3],
    ["is ten times that of now at most", [total("a:1", { waited: 600, took: 6 })], 2, 20],
    ["is one when there is none and somebody calls", [total("")], 0, 1],
    ["is none when there is none and nobody calls", [], 0, 0],
  ];
  for (const [what, totals, online, suggested] of cases) {
    test(what, () => assert.equal(nodesSuggested(totals, online), suggested));
  }
});
