import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { request } from "undici";
import { FnError } from "../model/errors.ts";
import { type BalancerRig, type FakeNode, orderOf, startBalancer, startNode } from "./rig.suite.ts";

describe("the calls of a function", () => {
  test("all go to one node while they do not wait", async (t) => {
    const { nodes, rig } = await startThree(t);
    await callTimes(rig, 50);
    assert.deepEqual(callsOf(orderOf(PATH, nodes)), [50, 0, 0]);
  });

  test("go to the same node whatever the order in which the nodes were named", async (t) => {
    const { nodes } = await startThree(t);
    for (const order of [nodes, nodes.toReversed()]) await callTimes(await startBalancer(t, order), 1);
    assert.deepEqual(callsOf(orderOf(PATH, nodes)), [2, 0, 0]);
  });

  test("spread over the next nodes in order by the waits that these report", async (t) => {
    const { nodes, rig } = await startThree(t);
    report(nodes, "1.25s");
    await callTimes(rig, 600);
    // 0.25 : 0.75 * 0.25 : 0.75^2 * 0.25
    const expected = [259, 195, 146];
    for (const [i, calls] of callsOf(orderOf(PATH, nodes)).entries()) {
      assert.ok(Math.abs(calls - (expected[i] ?? 0)) < 45, `${calls} calls, expected ${expected[i]}`);
    }
  });

  test("come back when the waiting is over", async (t) => {
    const { nodes, rig } = await startThree(t);
    report(nodes, "1.25s");
    await callTimes(rig, 30);
    report(nodes, "0s");
    await callTimes(rig, 120);
    for (const node of nodes) node.seen.length = 0;
    await callTimes(rig, 30);
    assert.deepEqual(callsOf(orderOf(PATH, nodes)), [30, 0, 0]);
  });

  test("do not come back because of answers that tell no wait", async (t) => {
    const { nodes, rig } = await startThree(t);
    report(nodes, "3s");
    await callTimes(rig, 10);
    report(nodes, undefined);
    await callTimes(rig, 100);
    assert.ok(callsOf(orderOf(PATH, nodes)).every((calls) => calls > 20));
  });

  test("do not follow a wait that cannot be", async (t) => {
    const { nodes, rig } = await startThree(t);
    for (const wait of ["-3s", "2h", "much"]) {
      report(nodes, wait);
      await callTimes(rig, 10);
    }
    assert.deepEqual(callsOf(orderOf(PATH, nodes)), [30, 0, 0]);
  });

  test("start without memory on a node that was removed and is back", async (t) => {
    const { nodes, rig } = await startThree(t);
    const [home = assert.fail()] = orderOf(PATH, nodes);
    report([home], "30s");
    await callTimes(rig, 5);
    report(nodes, "0s");
    await manage(rig, "DELETE", home);
    await manage(rig, "PUT", home);
    await rig.logged("node is healthy");
    for (const node of nodes) node.seen.length = 0;
    await callTimes(rig, 20);
    assert.deepEqual(callsOf(orderOf(PATH, nodes)), [20, 0, 0]);
  });
});

describe("an answer of a node that was removed meanwhile", () => {
  test("reaches the client, and leaves no memory of the node", async (t) => {
    const { nodes, rig } = await startThree(t);
    const [home = assert.fail()] = orderOf(PATH, nodes);
    const { promise: arrived, resolve } = Promise.withResolvers<() => void>();
    home.handle = (_, response) => {
      response.setHeader("Xxx-Fxlb-Wait", "30s");
      resolve(() => response.end("late"));
    };
    const answer = request(rig.url + PATH);
    const respond = await arrived;
    await manage(rig, "DELETE", home);
    respond();
    assert.equal(await (await answer).body.text(), "late");

    await manage(rig, "PUT", home);
    await rig.logged("node is healthy");
    for (const node of nodes) node.seen.length = 0;
    report(nodes, "0s");
    await callTimes(rig, 20);
    assert.deepEqual(callsOf(orderOf(PATH, nodes)), [20, 0, 0]);
  });
});

describe("the nodes behind the balancer", () => {
  test("are followed through failure, removal, return and recovery", async (t) => {
    const { nodes, rig } = await startThree(t);
    const [home = assert.fail(), next = assert.fail(), last = assert.fail()] = orderOf(PATH, nodes);

    await failChecks(rig, home);
    assert.deepEqual(await online(rig), names(next, last));
    assert.equal(await servedBy(rig, nodes), next);

    await manage(rig, "DELETE", next);
    assert.deepEqual(await online(rig), names(last));
    assert.equal(await servedBy(rig, nodes), last);

    await manage(rig, "PUT", next);
    await rig.logged("node is healthy");
    assert.deepEqual(await online(rig), names(next, last));

    home.version = { status: 200, body: '{"version":"0.3.500"}' };
    await rig.clock.advance(3000);
    await rig.logged("node is healthy");
    assert.deepEqual(await online(rig), names(home, next, last));
    assert.equal(await servedBy(rig, nodes), home);
  });

  test("get no request before their first check has passed", async (t) => {
    const node = await startNode(t);
    node.version = { status: 503, body: "" };
    const rig = await startBalancer(t, []);
    await manage(rig, "PUT", node);
    await rig.logged("node is unhealthy");
    assert.equal((await request(rig.url + PATH)).statusCode, 503);
    assert.equal(node.seen.length, 0);
  });

  test("are let go when they do not answer their checks in time", async (t) => {
    const { nodes, rig } = await startThree(t);
    const [home = assert.fail()] = orderOf(PATH, nodes);
    home.server.prependListener("request", (message, response) => {
      if (message.url === "/version") response.end = () => response;
    });
    await rig.clock.advance(3000);
    await rig.clock.advance(5000);
    await rig.logged("health check failed");
    await rig.clock.advance(5000);
    await rig.logged("node is unhealthy");
    assert.equal((await online(rig)).length, 2);
  });
});

describe("a balancer", () => {
  test("does not start with a node that is no host and port", async (t) => {
    await assert.rejects(
      startBalancer(t, [{ ...(await startNode(t)), name: "http://h:1" }]),
      (error) => error instanceof FnError && error.code === "node_name_invalid",
    );
  });

  test("with one address for both tells its own requests from the others by their paths alone", async (t) => {
    const node = await startNode(t);
    const { url } = await startBalancer(t, [node]);
    for (const target of ["/1/lb/nodes?verbose=1", "/1/lb/nodes/?verbose=1"]) {
      await (await request(url + target)).body.dump();
    }
    assert.deepEqual(
      node.seen.map((seen) => seen.url),
      ["/1/lb/nodes/?verbose=1"],
    );
  });

  test("does not start half when the second of its addresses is taken", async (t) => {
    const first = await startBalancer(t, []);
    const taken = { host: "127.0.0.1", port: first.port };
    await assert.rejects(
      startBalancer(t, [], { listen: { host: "127.0.0.2", port: 0 }, mgmtListen: taken }),
      {
        code: "EADDRINUSE",
      },
    );
  });

  test("that stops lets the calls under way end, and checks no more", async (t) => {
    const node = await startNode(t);
    const rig = await startBalancer(t, [node]);
    const { promise: arrived, resolve } = Promise.withResolvers<() => void>();
    node.handle = (_, response) => resolve(() => response.end("late"));
    const answer = request(rig.url + PATH);
    const respond = await arrived;
    const stopped = rig.balancer.stop();
    respond();
    assert.equal(await (await answer).body.text(), "late");
    await stopped;
    assert.equal(rig.clock.pending, 0);
  });
});

const PATH = "/r/app/f";

async function startThree(t: Parameters<typeof startNode>[0]) {
  const nodes = [await startNode(t), await startNode(t), await startNode(t)];
  return { nodes, rig: await startBalancer(t, nodes) };
}

/** Makes the nodes report this wait with each answer, or none. */
function report(nodes: readonly FakeNode[], wait: string | undefined): void {
  for (const node of nodes) {
    node.handle = (_, response) => {
      if (wait !== undefined) response.setHeader("Xxx-Fxlb-Wait", wait);
      response.end();
    };
  }
}

async function callTimes({ url }: BalancerRig, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await (await request(url + PATH)).body.dump();
}

function callsOf(nodes: readonly FakeNode[]): number[] {
  return nodes.map(({ seen }) => seen.length);
}

function names(...nodes: readonly FakeNode[]): string[] {
  return nodes.map(({ name }) => name).sort();
}

/** Lets checks of the node fail until it is taken for unhealthy. */
async function failChecks(rig: BalancerRig, node: FakeNode): Promise<void> {
  node.version = { status: 500, body: "" };
  await rig.clock.advance(3000);
  await rig.logged("health check failed");
  await rig.clock.advance(3000);
  await rig.logged("node is unhealthy");
}

async function servedBy(rig: BalancerRig, nodes: readonly FakeNode[]): Promise<FakeNode | undefined> {
  for (const node of nodes) node.seen.length = 0;
  await callTimes(rig, 1);
  return nodes.find(({ seen }) => seen.length === 1);
}

async function online({ url }: BalancerRig): Promise<string[]> {
  const { body } = await request(`${url}/1/lb/nodes`);
  // The shape is the admin's own, and its tests hold it.
  const { nodes } = (await body.json()) as { nodes: Record<string, string> };
  return Object.keys(nodes).filter((node) => nodes[node] === "online");
}

async function manage({ url }: BalancerRig, method: "PUT" | "DELETE", node: FakeNode): Promise<void> {
  await (
    await request(`${url}/1/lb/nodes`, { method, body: JSON.stringify({ node: node.name }) })
  ).body.dump();
}
