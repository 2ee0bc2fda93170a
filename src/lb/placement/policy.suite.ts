import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import { seededRandom } from "../../clock/random.ts";
import { createPolicy } from "./create-policy.ts";
import type { Candidate, Placing, Policy, PolicyName } from "./policy.ts";

const MS = 1e6;

/** Nodes of weight 1 with these names. */
export function candidates(...names: readonly string[]): Candidate[] {
  return names.map((name) => ({ name, weight: 1 }));
}

/** `count` nodes of weight 1. */
export function fleet(count: number): Candidate[] {
  return candidates(...Array.from({ length: count }, (_, index) => `10.0.0.${index + 1}:8080`));
}

export function policyRig(name: PolicyName, nodes: readonly Candidate[] = fleet(3)) {
  const clock = new FakeClock();
  const open = () => createPolicy(name, { clock, random: seededRandom(1) });
  const policy = open();
  policy.setNodes(nodes);
  return { clock, policy, open };
}

/** A call that must find a node. */
export function placed(policy: Policy, fn: string, tried: readonly string[] = []): Placing {
  const placing = policy.place(fn, tried);
  assert.ok(placing, "no node was found");
  return placing;
}

/** A call that is served without waiting, and over at once. */
export function callOnce(policy: Policy, fn: string): string {
  const placing = placed(policy, fn);
  placing.answered(0);
  placing.end();
  return placing.node;
}

/** A request whose answer runs no function, so that nothing is learned from it: where its home is. */
export function homeOf(policy: Policy, fn: string): string {
  const placing = placed(policy, fn);
  placing.answered(undefined);
  placing.end();
  return placing.node;
}

/** How many of these functions live where. */
export function homeCounts(policy: Policy, fns: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const fn of fns) {
    const node = homeOf(policy, fn);
    counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return counts;
}

export function functions(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `/r/app/f${index}`);
}

/** What every policy does. */
export function policySuite(name: PolicyName): void {
  describe(`the policy ${name}`, () => {
    test("tells its name", () => {
      assert.equal(policyRig(name).policy.name, name);
    });

    test("finds no node when there is none", () => {
      assert.equal(policyRig(name, []).policy.place("/r/app/f", []), undefined);
    });

    test("finds only nodes of the list it has now", () => {
      const { policy } = policyRig(name, candidates("a:1", "b:1"));
      policy.setNodes(candidates("c:1"));
      for (const fn of functions(20)) assert.equal(callOnce(policy, fn), "c:1");
    });

    test("tries every node once, and then none", () => {
      const { policy } = policyRig(name, fleet(12));
      const tried: string[] = [];
      for (let next = policy.place("/r/app/f", tried); next; next = policy.place("/r/app/f", tried)) {
        assert.equal(tried.includes(next.node), false);
        tried.push(next.node);
      }
      assert.deepEqual(
        tried.toSorted(),
        fleet(12)
          .map(({ name }) => name)
          .toSorted(),
      );
    });

    test("refuses a node without weight", () => {
      const { policy } = policyRig(name);
      assert.throws(() => policy.setNodes([{ name: "a:1", weight: 0 }]), RangeError);
    });

    test("gives a node of three times the weight three times the functions or calls, where weights count", {
      skip: name === "wait" && "Fn's rule knows no weights",
    }, () => {
      const { policy } = policyRig(name, [
        { name: "large:1", weight: 3 },
        { name: "small:1", weight: 1 },
      ]);
      const placings = functions(8000).map((fn) => placed(policy, fn));
      const large = placings.filter(({ node }) => node === "large:1").length;
      assert.ok(Math.abs(large - 6000) < 300, `${large} of 8000`);
    });

    test("counts a call as over once, however often that is told", () => {
      const { policy } = policyRig(name, fleet(1));
      policy.loads.report();
      const first = placed(policy, "/r/app/f");
      const second = placed(policy, "/r/app/f");
      first.end();
      first.end();
      assert.deepEqual(policy.loads.report()?.nodes, [{ node: "10.0.0.1:8080", outstanding: 1 }]);
      second.end();
      assert.deepEqual(policy.loads.report()?.nodes, [{ node: "10.0.0.1:8080", outstanding: 0 }]);
    });

    test("finds a node no more that was removed, until it is in the list again", () => {
      const { policy } = policyRig(name, fleet(2));
      policy.removeNode("10.0.0.1:8080");
      for (const fn of functions(20)) assert.equal(callOnce(policy, fn), "10.0.0.2:8080");
      policy.setNodes(fleet(1));
      assert.equal(callOnce(policy, "/r/app/f"), "10.0.0.1:8080");
    });

    test("forgets the calls of a node that was removed, and their ends do not count against its namesake", () => {
      const { policy } = policyRig(name, fleet(1));
      const before = placed(policy, "/r/app/f");
      policy.removeNode("10.0.0.1:8080");
      policy.setNodes(fleet(1));
      policy.loads.report();
      placed(policy, "/r/app/f");
      before.end();
      assert.deepEqual(policy.loads.report()?.nodes, [{ node: "10.0.0.1:8080", outstanding: 1 }]);
    });

    test("keeps counting calls at a node that is away and comes back", () => {
      const { policy } = policyRig(name, fleet(1));
      policy.loads.report();
      const before = placed(policy, "/r/app/f");
      policy.setNodes([]);
      policy.setNodes(fleet(1));
      placed(policy, "/r/app/f");
      before.end();
      assert.equal(policy.loads.report()?.nodes[0]?.outstanding, 1);
    });

    test("reports nothing when nothing changed", () => {
      const { policy } = policyRig(name);
      assert.equal(policy.loads.report(), undefined);
      callOnce(policy, "/r/app/f");
      assert.notEqual(policy.loads.report(), undefined);
      assert.equal(policy.loads.report(), undefined);
    });

    test("reports at most a thousand loads of each kind at a time, and the rest later", () => {
      const { policy } = policyRig(name, fleet(1500));
      policy.loads.report();
      for (const fn of functions(8000)) placed(policy, fn).answered(MS);
      const seen = new Set<string>();
      for (let report = policy.loads.report(); report; report = policy.loads.report()) {
        assert.ok(report.nodes.length <= 1000 && report.fns.length <= 1000);
        for (const { fn } of report.fns) seen.add(fn);
      }
      assert.equal(seen.size, name === "warm" || name === "wait" ? 8000 : 0);
    });

    test("reports plain JSON", () => {
      const { policy } = policyRig(name);
      policy.loads.report();
      placed(policy, "/r/app/f").answered(700 * MS);
      const report = policy.loads.report();
      assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
    });

    test("counts the calls of other processes, until they are over or their process is gone", {
      skip: name === "wait" && "Fn's rule counts no calls",
    }, async () => {
      const { policy, clock } = policyRig(name, candidates("a:1", "b:1"));
      const first = placed(policy, F);
      await clock.advance(50);
      first.answered(0);
      first.end();
      const busy = first.node;
      const reportOf = (outstanding: number) => ({
        nodes: [{ node: busy, outstanding }],
        fns: [{ fn: F, node: busy, outstanding }],
      });
      const nodesOf = (calls: number) => new Set(Array.from({ length: calls }, () => homeOf(policy, F)));
      for (const relieve of [() => policy.loads.forget("1"), () => policy.loads.learn("1", reportOf(0))]) {
        policy.loads.learn("1", reportOf(500));
        policy.loads.learn("1", reportOf(1000));
        assert.equal(nodesOf(20).has(busy), false);
        relieve();
        assert.equal(nodesOf(20).has(busy), true);
      }
    });
  });
}

const F = "/r/app/f";

/** What policies do besides in which each function has its own order of nodes. */
export function rendezvousSuite(name: PolicyName): void {
  describe(`homes of the policy ${name}`, () => {
    for (const count of [2, 3, 5, 10, 100]) {
      test(`are even on ${count} nodes: within 10 % of the mean, over 100 000 functions`, () => {
        const counts = homeCounts(policyRig(name, fleet(count)).policy, functions(100_000));
        const mean = 100_000 / count;
        for (const [node, homes] of counts) {
          assert.ok(Math.abs(homes / mean - 1) < 0.1, `${node} has ${homes}, the mean is ${mean}`);
        }
        assert.equal(counts.size, count);
      });

      test(`move by one part in ${count + 1}, and only to the new node, when ${count} become ${count + 1}`, () => {
        const fns = functions(100_000);
        const { policy } = policyRig(name, fleet(count));
        const before = fns.map((fn) => homeOf(policy, fn));
        policy.setNodes(fleet(count + 1));
        const after = fns.map((fn) => homeOf(policy, fn));
        const moved = after.filter((node, index) => node !== before[index]);
        assert.deepEqual(new Set(moved), new Set([`10.0.0.${count + 1}:8080`]));
        const share = (moved.length / fns.length) * (count + 1);
        assert.ok(Math.abs(share - 1) < 0.1, `${moved.length} moved`);
      });
    }

    test("of other nodes stay where they are when any one leaves, and its own come back with it", () => {
      const fns = functions(500);
      const { policy } = policyRig(name, fleet(5));
      const before = fns.map((fn) => homeOf(policy, fn));
      for (const { name: gone } of fleet(5)) {
        policy.setNodes(fleet(5).filter(({ name }) => name !== gone));
        for (const [index, fn] of fns.entries()) {
          const node = homeOf(policy, fn);
          if (before[index] === gone) assert.notEqual(node, gone);
          else assert.equal(node, before[index]);
        }
        policy.setNodes(fleet(5));
        assert.deepEqual(
          fns.map((fn) => homeOf(policy, fn)),
          before,
        );
      }
    });

    test("do not depend on the order of the list", () => {
      const [one, other] = [policyRig(name, fleet(7)).policy, policyRig(name, fleet(7).reverse()).policy];
      for (const fn of functions(200)) assert.equal(homeOf(one, fn), homeOf(other, fn));
    });

    test("on a node that may come are known before it does", () => {
      const { policy, open } = policyRig(name, fleet(4));
      const after = open();
      after.setNodes(fleet(5));
      const fns = functions(300);
      for (const fn of fns) callOnce(policy, fn);
      const coming = { name: "10.0.0.5:8080", weight: 1 };
      const expected = fns.filter((fn) => homeOf(after, fn) === coming.name);
      assert.deepEqual(policy.homesOn?.(coming, 1000).toSorted(), expected.toSorted());
      assert.equal(policy.homesOn?.(coming, 3).length, 3);
    });
  });
}
