import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import { answering, call, type RigOptions, startNode } from "./invoke-rig.suite.ts";

const POST = { method: "POST" };
const PATHS = ["/r/app/x", "/t/app/x", "/invoke/F"];

describe("a node whose database is away", () => {
  test("goes on with calls of functions that it knows, whichever way they come", async () => {
    const { port, lose } = await startKnowing();
    await lose();
    for (const path of PATHS) assert.equal((await call(port, path, POST)).status, 200, path);
    // Spelled in a way that it has not seen yet.
    assert.equal((await call(port, "/r/app//x/", POST)).status, 200);
  });

  test("does so after changes that its database did not take", async () => {
    const { port, lose } = await startKnowing({
      manage: (_, response) => void response.writeHead(503).end(),
    });
    await lose();
    await call(port, "/v1/apps/app", { method: "PATCH" });
    for (const path of PATHS) assert.equal((await call(port, path, POST)).status, 200, path);
  });

  for (const path of ["/r/app/y", "/r/nope/x", "/t/app/y", "/invoke/G"]) {
    test(`answers 503 to ${path}, which it does not know, and says when to come back`, async () => {
      const { port, lose } = await startKnowing();
      await lose();
      const { status, headers, body } = await call(port, path, POST);
      const answer = JSON.parse(body);
      assert.deepEqual([status, answer.error?.code ?? answer.code], [503, "store_unavailable"]);
      assert.notEqual(headers["retry-after"], undefined);
    });
  }

  test("answers 503 to a call that was to be stored", async () => {
    const { port, lose } = await startKnowing();
    await lose();
    const detached = { ...POST, headers: { "Fn-Invoke-Type": "detached" } };
    const { status, body } = await call(port, "/invoke/F", detached);
    assert.deepEqual([status, JSON.parse(body).code], [503, "store_unavailable"]);
  });
});

test("a change that was made through a node is served by it at once", async () => {
  let lookups = 0;
  const { port } = await startNode(answering(200, [], ""), {
    clock: new FakeClock(),
    beforeQuery: async () => void lookups++,
  });
  await call(port, "/r/app/x");
  await call(port, "/r/app/x");
  assert.equal(lookups, 2);
  await call(port, "/v1/apps/app", { method: "PATCH" });
  await call(port, "/r/app/x");
  assert.equal(lookups, 3);
});

/** A node that has served a call each way; `lose` takes its database away. */
async function startKnowing(options: RigOptions = {}) {
  const clock = new FakeClock();
  let isAway = false;
  const { port } = await startNode(answering(200, [], "ok"), {
    ...options,
    clock,
    beforeQuery: async () => {
      if (isAway) throw new FnError("store_unavailable");
    },
  });
  for (const path of PATHS) await call(port, path, POST);
  const lose = async () => {
    isAway = true;
    await clock.advance(60_000);
  };
  return { port, lose };
}
