import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fleet, placed, policyRig } from "./policy.suite.ts";

function loadsOf(calls: number, nodes = fleet(10)): number[] {
  const { policy } = policyRig("least", nodes);
  const counts = new Map(nodes.map(({ name }) => [name, 0]));
  for (let i = 0; i < calls; i++) {
    const { node } = placed(policy, "/r/app/f");
    counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return [...counts.values()];
}

describe("the less loaded of two", () => {
  test("spreads calls far more evenly than one draw would", () => {
    const loads = loadsOf(1000);
    assert.ok(Math.max(...loads) <= 104 && Math.min(...loads) >= 96, loads.join(" "));
  });

  test("is always the better one of two nodes", () => {
    assert.deepEqual(loadsOf(100, fleet(2)), [50, 50]);
  });

  test("counts a node of three times the weight as loaded a third as much", () => {
    const nodes = fleet(2).map(({ name }, index) => ({ name, weight: index === 0 ? 3 : 1 }));
    const [large = 0, small = 0] = loadsOf(400, nodes);
    assert.ok(Math.abs(large - 300) <= 3 && Math.abs(small - 100) <= 3, `${large} and ${small}`);
  });
});
