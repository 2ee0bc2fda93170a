/** A function on the official Node kit, called by trigger and by id through a node, in a process of its own. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import type { OutgoingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pino } from "pino";
import { systemClock } from "../clock/clock.ts";
import type { Driver } from "../driver/driver.ts";
import { createProcessDriver } from "../driver/process/driver.ts";
import { type AgentRig, startAgentNode } from "./agent-rig.suite.ts";
import { type Answer, call } from "./invoke-rig.suite.ts";

/** What the function answers. */
interface Seen {
  readonly input: unknown;
  readonly callID: string;
  readonly deadline: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly env: Readonly<Record<string, string>>;
}

describe("API reference 8.4: invocation of a function on the official kit", () => {
  let workDir: string;
  let driver: Driver;
  let rig: AgentRig;

  before(async () => {
    workDir = await mkdtemp(join(tmpdir(), "fdk-"));
    driver = await createProcessDriver({
      functionsRoot: join(import.meta.dirname, "testdata"),
      workDir,
      nodePath: process.execPath,
      clock: systemClock,
      log: pino({ level: "silent" }),
    });
    const fn = { image: "dir:fdk", format: "http-stream", name: "fdk", config: { A: "fn" } } as const;
    rig = await startAgentNode(() => {}, {
      fn,
      app: { config: { A: "app", B: "app" } },
      agent: { driver },
    });
  });

  after(async () => {
    await rig.agent.stop(0);
    await driver.close();
    await rm(workDir, { recursive: true });
  });

  const post = (path: string, content: unknown, headers: OutgoingHttpHeaders = {}): Promise<Answer> =>
    call(rig.port, path, { method: "POST", headers }, JSON.stringify(content));

  const seenBy = (answer: Answer): Seen => JSON.parse(answer.body);

  describe("by id", () => {
    test("the function gets the body, the call's id and its deadline", async () => {
      const fromMs = systemClock.nowMs();
      const answer = await post("/invoke/F", { name: "J\u00f6rg" });
      const { input, callID, deadline } = seenBy(answer);
      assert.equal(answer.status, 200);
      assert.deepEqual(input, { name: "J\u00f6rg" });
      assert.equal(callID, answer.headers["fn-call-id"]);
      assert.match(deadline, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
      const leftMs = Date.parse(deadline) - fromMs;
      assert.ok(leftMs > 25_000 && leftMs < 60_000, String(leftMs));
    });

    test("it gets the client's fields as they are, but for those of the connection", async () => {
      const fields = { "X-Tag": ["a", "b"], "Content-Type": "application/json", TE: "trailers" };
      const { headers } = seenBy(await post("/invoke/F", {}, fields));
      assert.deepEqual([headers["X-Tag"], headers["Content-Type"]], [["a", "b"], ["application/json"]]);
      const others = Object.keys(headers).filter((name) => /^(Fn-Http|Fn-Intent|Te$)/.test(name));
      assert.deepEqual(others, []);
    });

    test("its fields reach the client as they are, and the status is 200", async () => {
      const { status, headers } = await post("/invoke/F", { status: 303, contentType: "application/x+json" });
      assert.equal(status, 200);
      assert.equal(headers["x-plain"], "plain");
      assert.equal(headers["content-type"], "application/x+json");
      assert.equal(headers["fn-http-status"], "303");
      assert.equal(headers["fn-http-h-x-prefixed"], "one, two");
      assert.match(headers["fn-call-id"]?.toString() ?? "", /^[0-9A-Z]{26}$/);
    });
  });

  describe("by trigger", () => {
    test("the function gets the client's fields under other names, and what the request was", async () => {
      const fields = { "X-Tag": ["a", "b"], "Content-Type": "application/json" };
      const { headers } = seenBy(await post("/t/app/x?q=1", {}, fields));
      assert.deepEqual(
        [headers["Fn-Http-H-X-Tag"], headers["Content-Type"]],
        [["a", "b"], ["application/json"]],
      );
      assert.equal(headers["X-Tag"] ?? headers["Fn-Http-H-Content-Type"], undefined);
      assert.deepEqual(headers["Fn-Http-Method"], ["POST"]);
      assert.deepEqual(headers["Fn-Http-Request-Url"], [`http://127.0.0.1:${rig.port}/t/app/x?q=1`]);
      assert.deepEqual(headers["Fn-Intent"], ["httprequest"]);
    });

    test("its status and its prefixed fields reach the client, and no others but its type", async () => {
      const { status, raw, headers } = await post("/t/app/x", {
        status: 303,
        contentType: "application/x+json",
      });
      assert.equal(status, 303);
      assert.equal(headers["x-prefixed"], "one, two");
      const names = new Set(raw.filter((_, index) => index % 2 === 0));
      for (const framing of ["Connection", "Content-Length", "Date", "Transfer-Encoding"])
        names.delete(framing);
      assert.deepEqual([...names].toSorted(), ["Content-Type", "Fn-Call-Id", "X-Prefixed"]);
    });

    test("without a status of the function's the status is 200", async () => {
      assert.equal((await post("/t/app/x", {})).status, 200);
    });
  });

  test("the container is told app and function, and their config, the function's over the app's", async () => {
    const { env } = seenBy(await post("/invoke/F", {}));
    assert.match(env.FN_LISTENER ?? "", /^unix:\/.*\/lsnr\.sock$/);
    const { FN_FORMAT, FN_MEMORY, FN_TYPE, FN_APP_ID, FN_FN_ID, A, B } = env;
    assert.deepEqual(
      { FN_FORMAT, FN_MEMORY, FN_TYPE, FN_APP_ID, FN_FN_ID, A, B },
      {
        FN_FORMAT: "http-stream",
        FN_MEMORY: "128",
        FN_TYPE: "sync",
        FN_APP_ID: "A",
        FN_FN_ID: "F",
        A: "fn",
        B: "app",
      },
    );
    assert.equal("FN_CALL_ID" in env, false);
  });

  for (const path of ["/invoke/F", "/t/app/x"]) {
    test(`${path}: a function that throws is a 502, and its container is kept`, async () => {
      const before = await containers();
      const { status, body } = await post(path, { doing: "throw" });
      assert.deepEqual([status, JSON.parse(body).message], [502, "function failed"]);
      assert.equal((await post(path, {})).status, 200);
      assert.equal(await containers(), before);
    });

    test(`${path}: a container that ends is a 502, and the next call has another`, async () => {
      const { status, body } = await post(path, { doing: "exit" });
      assert.deepEqual([status, JSON.parse(body).message], [502, "error receiving function response"]);
      assert.equal((await post(path, {})).status, 200);
    });
  }

  async function containers(): Promise<number> {
    await rig.calls();
    const { starting, idle, busy } = rig.agent.state.containers;
    return starting + idle + busy;
  }
});
