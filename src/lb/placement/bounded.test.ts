import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fleet, functions, placed, policyRig } from "./policy.suite.ts";

/** How many of so many calls under way are on each node. */
function loadsOf(fns: readonly string[], nodes = fleet(5)): number[] {
  const { policy } = policyRig("bounded", nodes);
  const counts = new Map(nodes.map(({ name }) => [name, 0]));
  for (const fn of fns) {
    const { node } = placed(policy, fn);
    counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return [...counts.values()];
}

describe("with bounded loads", () => {
  test("no node has more than 1.25 times its share of the calls, even of one function", () => {
    for (const fns of [functions(1000), Array.from({ length: 1000 }, () => "/r/app/f")]) {
      assert.ok(Math.max(...loadsOf(fns)) <= 250);
    }
  });

  test("one function has its calls on as few nodes as that allows", () => {
    const loads = loadsOf(Array.from({ length: 1000 }, () => "/r/app/f"));
    assert.deepEqual(loads.toSorted((a, b) => b - a).slice(0, 4), [250, 250, 250, 250]);
  });

  test("a node of twice the weight may have twice the calls", () => {
    const nodes = fleet(2).map(({ name }, index) => ({ name, weight: 2 - index }));
    const [large = 0, small = 0] = loadsOf(functions(900), nodes);
    assert.ok(large <= 750 && small <= 375, `${large} and ${small}`);
  });

  test("a call goes back to its home when there is room again", () => {
    const { policy } = policyRig("bounded", fleet(3));
    const home = placed(policy, "/r/app/f");
    const next = placed(policy, "/r/app/f");
    assert.notEqual(next.node, home.node);
    home.end();
    next.end();
    assert.equal(placed(policy, "/r/app/f").node, home.node);
  });

  test("a thousand nodes that are nearly all full leave room somewhere", () => {
    assert.ok(
      Math.max(
        ...loadsOf(
          Array.from({ length: 3000 }, () => "/r/app/f"),
          fleet(1000),
        ),
      ) <= 4,
    );
  });
});
