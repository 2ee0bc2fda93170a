import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PrewarmOutcome } from "../agent/agent.ts";
import { pathOf } from "../agent/launch-spec.ts";
import type { FnInApp } from "../store/store.ts";
import { answering, call, startNode } from "./invoke-rig.suite.ts";

describe("a request to prewarm functions", () => {
  test("is answered at once with how many have been begun", async () => {
    const { prewarm, asked } = await prewarmRig();
    const answer = await prewarm({ fns: ["/r/app/x"] });
    assert.deepEqual([answer.status, answer.body], [202, '{"warming":1}']);
    assert.equal(answer.headers["content-type"], "application/json; charset=utf-8");
    assert.deepEqual(asked, ["/x"]);
  });

  test("asks once for a function that is named twice", async () => {
    const { prewarm, asked } = await prewarmRig();
    await prewarm({ fns: ["/r/app/x", "/r/app/x"] });
    assert.deepEqual(asked, ["/x"]);
  });

  test("does not count functions that need nothing", async () => {
    const { prewarm } = await prewarmRig(() => undefined);
    assert.equal((await prewarm({ fns: ["/r/app/x"] })).body, '{"warming":0}');
  });

  test("passes over functions that do not exist", async () => {
    const { prewarm, asked } = await prewarmRig();
    const fns = ["/r/app/nope", "/r/nobody/x", "/r/", "nonsense", "/r/%", "/r/app/x"];
    assert.equal((await prewarm({ fns })).body, '{"warming":1}');
    assert.deepEqual(asked, ["/x"]);
  });

  test("may name none", async () => {
    const { prewarm } = await prewarmRig();
    assert.equal((await prewarm({ fns: [] })).body, '{"warming":0}');
  });

  test("is counted, by how it ended", async () => {
    const { prewarm, port } = await prewarmRig(async () => "no_room" as const);
    await prewarm({ fns: ["/r/app/x"] });
    const { body } = await call(port, "/metrics");
    assert.match(body, /\nfn_prewarms\{outcome="no_room"\} 1\n/);
  });

  const refusals: readonly (readonly [what: string, body: string, status: number, code: string])[] = [
    ["is no JSON", "{", 400, "invalid_json"],
    ["names no list", '{"fns":"/r/app/x"}', 400, "prewarm_invalid"],
    ["names something that is no text", '{"fns":[1]}', 400, "prewarm_invalid"],
    ["is no object", "[]", 400, "prewarm_invalid"],
    ["names more than 256", JSON.stringify({ fns: Array(257).fill("/r/a/b") }), 400, "prewarm_invalid"],
    ["has more than 512 KiB", " ".repeat(512 * 1024 + 1), 413, "body_too_large"],
  ];
  for (const [what, body, status, code] of refusals) {
    test(`is refused with ${status} when it ${what}`, async () => {
      const { port, asked } = await prewarmRig();
      const answer = await call(port, "/1/node/prewarm", { method: "POST" }, body);
      assert.deepEqual([answer.status, JSON.parse(answer.body).error.code], [status, code]);
      assert.deepEqual(asked, []);
    });
  }
});

async function prewarmRig(
  warm: (called: FnInApp) => Promise<PrewarmOutcome> | undefined = async () => "started" as const,
) {
  const asked: string[] = [];
  const { port } = await startNode(answering(200, [], "ok"), {
    prewarm: (called) => {
      asked.push(pathOf(called));
      return warm(called);
    },
  });
  const prewarm = (body: unknown) => call(port, "/1/node/prewarm", { method: "POST" }, JSON.stringify(body));
  return { port, asked, prewarm };
}
