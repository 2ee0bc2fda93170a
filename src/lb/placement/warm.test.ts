import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { callOnce, candidates, fleet, homeOf, placed, policyRig } from "./policy.suite.ts";

const MS = 1e6;
const F = "/r/app/f";

function warmRig(count = 3) {
  const rig = policyRig("warm", fleet(count));
  const { policy, clock } = rig;
  /** The function's order of nodes. */
  const order: string[] = [];
  for (let next = policy.place(F, order); next; next = policy.place(F, order)) {
    next.end();
    order.push(next.node);
  }
  /** A call that is served after it ran for so long, and waited before. */
  const serve = async (runMs: number, waitMs = 0) => {
    const placing = placed(policy, F);
    await clock.advance(runMs + waitMs);
    placing.answered(waitMs * MS);
    placing.end();
    return placing.node;
  };
  const nodes = (calls: number) => Array.from({ length: calls }, () => placed(policy, F).node);
  return { ...rig, order, serve, nodes };
}

describe("a function of 50 ms", () => {
  test("stays on its home with 8 callers", async () => {
    const { serve, nodes, order } = warmRig();
    for (let i = 0; i < 5; i++) await serve(50, i === 0 ? 1000 : 0);
    assert.deepEqual(new Set(nodes(8)), new Set([order[0]]));
  });

  test("goes on to its second home when its line takes longer than a start", async () => {
    const { serve, nodes, order } = warmRig();
    for (let i = 0; i < 5; i++) await serve(50, i === 0 ? 1000 : 0);
    const used = nodes(120);

    assert.equal(used[80], order[0]);
    assert.deepEqual(new Set(used), new Set(order.slice(0, 2)));
  });
});

describe("the first call of a function on a node", () => {
  test("does not count against the node, however long it waited for the pull", async () => {
    const { serve, order } = warmRig();
    for (let i = 0; i < 3; i++) assert.equal(await serve(50, i === 0 ? 20_000 : 0), order[0]);
  });

  test("tells what a cold start of the function costs: a longer line stays where starts take longer", async () => {
    const lineFor = async (coldMs: number) => {
      const { serve, nodes, order } = warmRig();
      for (let i = 0; i < 5; i++) await serve(50, i === 0 ? coldMs : 0);
      return nodes(600).indexOf(order[1] ?? "");
    };
    const [short, long] = [await lineFor(200), await lineFor(3000)];
    assert.ok(short > 8 && long > 2 * short, `${short} and ${long} calls`);
  });
});

describe("a node where calls wait", () => {
  test("is left for the second home when a wait is longer than a start", async () => {
    const { serve, order } = warmRig();
    await serve(50, 1000);
    const used = new Set<string>();
    for (let i = 0; i < 20; i++) used.add(await serve(50, 10_000));
    assert.deepEqual([...used].slice(0, 2), order.slice(0, 2));
  });

  test("is tried again after some silence, by one call first", async () => {
    const { serve, clock, order } = warmRig();
    await serve(50, 1000);
    for (let i = 0; i < 10; i++) if ((await serve(50, 10_000)) !== order[0]) break;
    assert.equal(await serve(50), order[1]);
    for (let i = 0; i < 60; i++) {
      await clock.advance(5000);
      if ((await serve(50)) === order[0]) break;
    }
    assert.equal(await serve(50), order[0]);
  });
});

describe("a node that does not answer any more", () => {
  test("gets no more calls once its silence is longer than a start, and the second home does", async () => {
    const { serve, policy, clock, order } = warmRig();
    for (let i = 0; i < 5; i++) await serve(50, i === 0 ? 1000 : 0);
    assert.equal(placed(policy, F).node, order[0]);
    await clock.advance(1000);
    assert.equal(placed(policy, F).node, order[0]);
    await clock.advance(1000);
    assert.equal(placed(policy, F).node, order[1]);
  });

  test("is not taken for hot when its calls have ended without an answer", async () => {
    const { serve, policy, clock, order } = warmRig();
    for (let i = 0; i < 5; i++) await serve(50, i === 0 ? 1000 : 0);
    const hanging = placed(policy, F);
    await clock.advance(4000);
    assert.equal(await serve(50, 500), order[1]);
    hanging.end();
    assert.equal(await serve(50), order[1]);
  });

  test("is not blamed for a client that leaves soon", async () => {
    const { serve, policy, order } = warmRig();
    for (let i = 0; i < 5; i++) await serve(50, i === 0 ? 1000 : 0);
    placed(policy, F).end();
    assert.equal(await serve(50), order[0]);
  });
});

describe("a home that comes back", () => {
  test("gets one call, and the others when that is answered", async () => {
    const { serve, policy, clock, order } = warmRig();
    for (let i = 0; i < 5; i++) await serve(50, i === 0 ? 1000 : 0);
    policy.setNodes(fleet(3).filter(({ name }) => name !== order[0]));
    for (let i = 0; i < 5; i++) assert.equal(await serve(50, i === 0 ? 1000 : 0), order[1]);
    await clock.advance(5000);
    policy.setNodes(fleet(3));

    const scout = placed(policy, F);
    assert.equal(scout.node, order[0]);
    assert.equal(await serve(50), order[1]);
    await clock.advance(1000);
    scout.answered(1000 * MS);
    scout.end();
    assert.equal(await serve(50), order[0]);
  });
});

describe("a function that needs many nodes", () => {
  test("gets as many as there are, in its order", () => {
    const { nodes, order } = warmRig(40);
    const used = [...new Set(nodes(4000))];
    assert.deepEqual(used, order);
  });
});

describe("an answer that ran no function", () => {
  test("makes nothing hot, and is no function to pull", () => {
    const { policy } = policyRig("warm", candidates("a:1"));
    for (let i = 0; i < 3; i++) homeOf(policy, "/v1/apps");
    assert.deepEqual(policy.homesOn?.({ name: "b:1", weight: 1000 }, 10), []);
    callOnce(policy, F);
    assert.deepEqual(policy.homesOn?.({ name: "b:1", weight: 1000 }, 10), [F]);
  });
});

describe("processes of one balancer", () => {
  test("count each other's calls until they are over, or their process is gone", async () => {
    const { serve, policy, open, order } = warmRig();
    for (let i = 0; i < 5; i++) await serve(50, i === 0 ? 1000 : 0);
    const other = open();
    other.setNodes(fleet(3).filter(({ name }) => name === order[0]));
    other.loads.report();
    const placings = Array.from({ length: 200 }, () => placed(other, F));
    const busy = other.loads.report();
    assert.ok(busy);

    policy.loads.learn("2", busy);
    assert.equal(placed(policy, F).node, order[1]);
    policy.loads.forget("2");
    assert.equal(placed(policy, F).node, order[0]);

    policy.loads.learn("2", busy);
    for (const placing of placings) placing.end();
    const idle = other.loads.report();
    assert.ok(idle);
    policy.loads.learn("2", idle);
    assert.equal(placed(policy, F).node, order[0]);
  });

  test("do not take a node for stalled where only others have calls", async () => {
    const { serve, policy, clock, order } = warmRig();
    for (let i = 0; i < 5; i++) await serve(50, i === 0 ? 1000 : 0);
    await clock.advance(20_000);
    policy.loads.learn("2", { nodes: [], fns: [{ fn: F, node: order[0] ?? "", outstanding: 1 }] });
    assert.equal(await serve(50), order[0]);
  });

  test("know where functions are hot in another", async () => {
    const { policy, open, order } = warmRig();
    policy.loads.report();
    policy.setNodes(fleet(3).filter(({ name }) => name !== order[0]));
    callOnce(policy, F);
    policy.setNodes(fleet(3));
    const report = policy.loads.report();
    assert.ok(report);
    const other = open();
    other.setNodes(fleet(3));
    other.loads.learn("1", report);
    // One call goes ahead to the home; the next finds the function hot on the other node.
    assert.deepEqual([placed(other, F).node, placed(other, F).node], order.slice(0, 2));
  });
});
