/** The queue as nodes without a database use it: what becomes of a call that a runner has taken. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openRig, type Rig } from "./rig.suite.ts";
import { LEASE_MS, REPORT_MS } from "./runner-queue.ts";
import { finish, get, ID, openRunnerRig, put, start, stored, until } from "./runner-rig.suite.ts";

const TIMEOUT_MS = 30_000;

describe("API reference 5.3: POST /v1/runner/start", () => {
  test("takes a call that is reserved", async (t) => {
    const rig = await openRunnerRig(t);
    await put(rig);
    await get(rig);
    const { status, text } = await start(rig);
    assert.deepEqual([status, text], [200, '{"msg":"slingshot: engage"}']);
  });

  test("refuses a call that nobody has reserved", async (t) => {
    const rig = await openRunnerRig(t);
    await put(rig);
    const { status, body } = await start(rig);
    assert.deepEqual([status, body.error?.code], [409, "call_not_reserved"]);
  });

  test("refuses a call that another node has", async (t) => {
    const rig = await openRunnerRig(t);
    await put(rig);
    await rig.store.queue.claim({ holder: "node", limit: 1, leaseMs: 1000 });
    assert.equal((await start(rig)).body.error?.code, "call_not_reserved");
  });

  test("refuses a call that is not there", async (t) => {
    const rig = await openRunnerRig(t);
    const { status, body } = await start(rig);
    assert.deepEqual([status, body.error?.code], [404, "call_not_found"]);
  });

  test("leaves the runner its time: then the call ends as an error, and runs no second time", async (t) => {
    const rig = await openRunnerRig(t);
    await put(rig);
    await get(rig);
    await start(rig);
    await rig.clock.advance(TIMEOUT_MS + REPORT_MS - 1);
    assert.equal((await stored(rig))?.status, "running");
    await rig.clock.advance(1);
    await until(() => rig.clock.pending === 0);
    const call = await stored(rig);
    assert.deepEqual([call?.status, call?.dead], ["error", true]);
  });

  test("of an attempt that is over does not end the next one", async (t) => {
    const rig = await openRunnerRig(t);
    await rig.send("PATCH", "/v1/apps/demo/routes/hello", { route: { retries: 1, retry_delay: 0 } });
    await put(rig);
    await get(rig);
    await start(rig);
    // As if it had ended through another node.
    const runner = "runner 127.0.0.1";
    await rig.store.queue.putBack(runner, ID, { delayMs: 0, wasRun: true, error: "oops" });
    await rig.clock.advance(LEASE_MS);
    await rig.store.queue.claim({ holder: runner, limit: 1, leaseMs: LEASE_MS });
    await rig.clock.advance(TIMEOUT_MS + REPORT_MS - LEASE_MS);
    await until(() => rig.clock.pending === 0);
    const call = await stored(rig);
    assert.deepEqual([call?.status, call?.attempts], ["running", 2]);
  });

  test("leaves nothing behind when the node goes down", async (t) => {
    const rig = await openRunnerRig(t);
    await put(rig);
    await get(rig);
    await start(rig);
    await rig.close();
    assert.equal(rig.clock.pending, 0);
  });
});

describe("API reference 5.3: POST /v1/runner/finish", () => {
  const started = async (rig: Rig) => {
    await put(rig);
    await get(rig);
    await start(rig);
  };
  const times = { started_at: "2018-01-22T10:00:01.5Z", completed_at: "2018-01-22T11:00:02.25+01:00" };

  test("stores how the call ended, and its log", async (t) => {
    const rig = await openRunnerRig(t);
    await started(rig);
    const { status, text } = await finish(rig, times, "line\n");
    assert.deepEqual([status, text], [200, '{"msg":"good night, sweet prince"}']);
    const call = await stored(rig);
    assert.deepEqual(
      [call?.status, call?.started_at, call?.completed_at],
      ["success", "2018-01-22T10:00:01.500Z", "2018-01-22T10:00:02.250Z"],
    );
    assert.equal(await rig.store.calls.log("demo", ID), "line\n");
  });

  test("of a call that failed leaves it dead", async (t) => {
    const rig = await openRunnerRig(t);
    await started(rig);
    await finish(rig, { status: "timeout" });
    const call = await stored(rig);
    assert.deepEqual([call?.status, call?.dead], ["timeout", true]);
  });

  test("of a call that failed queues it again while its function has retries", async (t) => {
    const rig = await openRunnerRig(t);
    await rig.send("PATCH", "/v1/apps/demo/routes/hello", { route: { retries: 1 } });
    await started(rig);
    await finish(rig, { status: "error", error: "oops" }, "what it wrote");
    assert.equal((await stored(rig))?.status, "queued");
    assert.equal(await rig.store.calls.log("demo", ID), "what it wrote");
  });

  test("of a call that nobody queued names a path of a route", async (t) => {
    const rig = await openRunnerRig(t);
    const { body } = await finish(rig, { path: `/${"a".repeat(2000)}` });
    assert.equal(body.error?.code, "route_path_too_long");
  });

  test("stores a call that the runner's own caller waited for", async (t) => {
    const rig = await openRunnerRig(t);
    await finish(rig, { status: "error", error: "oops", created_at: "2018-01-22T09:00:00.000Z", ...times });
    const call = await stored(rig);
    assert.deepEqual(
      [call?.status, call?.error, call?.created_at],
      ["error", "oops", "2018-01-22T09:00:00.000Z"],
    );
  });

  test("changes nothing when it is sent again", async (t) => {
    const rig = await openRunnerRig(t);
    await started(rig);
    await finish(rig, {}, "first");
    const { status } = await finish(rig, { status: "error" }, "second");
    assert.deepEqual(
      [status, (await stored(rig))?.status, await rig.store.calls.log("demo", ID)],
      [200, "success", "first"],
    );
  });

  test("changes nothing when another has the call by now", async (t) => {
    const rig = await openRunnerRig(t);
    await put(rig);
    await rig.store.queue.claim({ holder: "node", limit: 1, leaseMs: 1000 });
    const { status } = await finish(rig);
    assert.deepEqual([status, (await stored(rig))?.status], [200, "running"]);
  });

  const refused = [
    { why: "no id", call: { id: null }, code: "call_id_missing" },
    { why: "an app that is not there", call: { app_name: "other" }, code: "app_not_found" },
    { why: "a status that is no end", call: { status: "running" }, code: "invalid_json" },
    { why: "a time that is none", call: { completed_at: "yesterday" }, code: "invalid_json" },
  ];
  for (const { why, call, code } of refused) {
    test(`refuses ${why}`, async (t) => {
      assert.equal((await finish(await openRunnerRig(t), call)).body.error?.code, code);
    });
  }
});

describe("a body for a runner's endpoint", () => {
  test("may be larger than others: a log of a mebibyte, however it is written", async (t) => {
    const rig = await openRunnerRig(t);
    const { status } = await finish(rig, {}, "\u0007".repeat(2 ** 20));
    assert.equal(status, 200);
  });

  test("has its own limit", async (t) => {
    const { send } = await openRig(t);
    const { status, body } = await send("PUT", "/v1/runner/async", " ".repeat(2 ** 23 + 1));
    assert.deepEqual(
      [status, body.error?.message],
      [413, "Content-Length too large for this server, 8388609 > max 8388608"],
    );
  });
});
