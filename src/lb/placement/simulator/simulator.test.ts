import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "../../../clock/random.ts";
import { POLICY_NAMES } from "../create-policy.ts";
import { type Load, loads } from "./loads.suite.ts";
import { type SimulationResult, simulate } from "./simulate.suite.ts";

/** The policy `warm` is never worse than the best of all by more than this, in the 99th percentile. */
const P99_RATIO_MAX = 1.3;

const SEEDS = [1, 2, 3];

/** How many nodes served this share of a function's calls and more. */
function nodesUsed({ served }: SimulationResult, fn: string): number {
  const counts = [...served.values()].map((byFn) => byFn.get(fn) ?? 0);
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.filter((count) => count > all / 100).length;
}

function loadNamed(start: string): Load {
  const load = loads(seededRandom(1)).find(({ name }) => name.startsWith(start));
  assert.ok(load, `no load ${start}`);
  return load;
}

describe("in simulation", () => {
  for (const [index, { name }] of loads(seededRandom(1)).entries()) {
    test(`${name}: the p99 of warm is at most 1.3 times that of the best policy, and no call fails`, () => {
      for (const seed of SEEDS) {
        const load = loads(seededRandom(seed))[index];
        assert.ok(load);
        const results = POLICY_NAMES.map((policy) => simulate(policy, load));
        const [warm] = results;
        const best = Math.min(...results.map(({ p99 }) => p99));
        assert.equal(warm?.failed, 0);
        assert.ok(
          (warm?.p99 ?? Number.NaN) <= P99_RATIO_MAX * best,
          `${warm?.p99} ms, the best has ${best} ms`,
        );
      }
    });
  }

  test("one hot function with 8 callers stays on one node", () => {
    assert.equal(nodesUsed(simulate("warm", loadNamed("one hot function")), "/r/app/hot"), 1);
  });

  test("a function that one node cannot serve has as many as it needs", () => {
    const used = nodesUsed(simulate("warm", loadNamed("40 callers")), "/r/app/hot");
    assert.ok(used >= 3, `${used} nodes`);
  });

  test("many functions need a fraction of the starts that they need where each goes everywhere", () => {
    const load = loadNamed("many functions");
    assert.ok(simulate("warm", load).starts * 3 < simulate("least", load).starts);
  });

  test("functions return to a node that restarts", () => {
    const load = loadNamed("a node that restarts");
    const during = simulate("warm", { ...load, outage: undefined });
    const { served } = simulate("warm", load);
    const node = load.outage?.node ?? "";
    const before = new Set(during.served.get(node)?.keys());
    assert.ok((served.get(node)?.size ?? 0) >= before.size);
  });
});
