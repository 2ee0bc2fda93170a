import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startNode } from "../rig.suite.ts";
import { createHealthCheck } from "./health-check.ts";

const check = createHealthCheck({ path: "/version", versionMin: "0.0.234" });
const NEVER = new AbortController().signal;

describe("the health check of a node", () => {
  const answers: readonly (readonly [name: string, passes: boolean, status: number, body: string])[] = [
    ["a version that is new enough", true, 200, '{"version":"0.3.500"}'],
    ["the oldest version allowed", true, 200, '{"version":"0.0.234"}'],
    ["another 2xx status", true, 203, '{"version":"0.3.500","more":1}'],
    ["an older version", false, 200, '{"version":"0.0.233"}'],
    ["a pre-release of the oldest version", false, 200, '{"version":"0.0.234-rc.1"}'],
    ["a version that is none", false, 200, '{"version":"v1"}'],
    ["no version", false, 200, "{}"],
    ["no JSON object", false, 200, '"0.3.500"'],
    ["no JSON", false, 200, "0.3.500"],
    ["a good version with status 503", false, 503, '{"version":"0.3.500"}'],
    ["a redirect", false, 302, '{"version":"0.3.500"}'],
    ["too much", false, 200, `{"version":"0.3.500"}${" ".repeat(64 * 1024)}`],
  ];
  for (const [name, passes, status, body] of answers) {
    test(`${passes ? "passes" : "fails"} on ${name}`, async (t) => {
      const node = await startNode(t);
      node.version = { status, body };
      await (passes ? check(node.name, NEVER) : assert.rejects(check(node.name, NEVER)));
    });
  }

  test("tells that a node is going down, when it says so", async (t) => {
    const node = await startNode(t);
    assert.deepEqual(await check(node.name, NEVER), { isDraining: false });
    node.server.prependListener("request", (_, response) => response.setHeader("Fn-Node-State", "draining"));
    assert.deepEqual(await check(node.name, NEVER), { isDraining: true });
  });

  test("fails when nobody listens", async (t) => {
    const node = await startNode(t);
    await node.stop();
    await assert.rejects(check(node.name, NEVER));
  });

  test("ends when it is told to", async (t) => {
    const stopping = new AbortController();
    const node = await startNode(t, () => stopping.abort(new Error("stopped")));
    const slow = createHealthCheck({ path: "/slow", versionMin: "0.0.0" });
    await assert.rejects(slow(node.name, stopping.signal), /stopped/);
  });

  test("is not made for a version that is none", () => {
    assert.throws(() => createHealthCheck({ path: "/version", versionMin: "new" }));
  });

  test("keeps no connection", async (t) => {
    const node = await startNode(t);
    const closed = new Promise((resolve) => {
      node.server.on("connection", (socket) => socket.on("close", resolve));
    });
    await check(node.name, NEVER);
    await closed;
  });
});
