/** The queue as nodes without a database use it: how calls get in, and out to a runner. */
import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, mock, test } from "node:test";
import { openRig, seedQueued } from "./rig.suite.ts";
import { LEASE_MS, POLL_MS } from "./runner-queue.ts";
import {
  CALL,
  finish,
  get,
  ID,
  openRunnerRig,
  poll,
  put,
  start,
  stored,
  takenIds,
  until,
} from "./runner-rig.suite.ts";

const NO_CALLS = '{"calls":[]}';

describe("API reference 5.1: the queue", () => {
  test("a call is taken by one only", async (t) => {
    const rig = await openRunnerRig(t);
    await put(rig);
    assert.deepEqual(await takenIds(rig, 1), [ID]);
    assert.equal(await rig.store.queue.nextDueInMs(), LEASE_MS);
  });

  test("higher priority goes first, and then what came first", async (t) => {
    const rig = await openRunnerRig(t);
    const ids = [0, 2, 1, 2].map((priority, index) => ({ priority, id: `${ID.slice(0, -1)}${index}` }));
    for (const call of ids) {
      await put(rig, call);
      await rig.clock.advance(1);
    }
    assert.deepEqual(
      (await takenIds(rig, 4)).map((id) => String(id).at(-1)),
      ["1", "3", "2", "0"],
    );
  });

  test("a call with a delay is held back that long", async (t) => {
    const rig = await openRunnerRig(t);
    await put(rig, { delay: 5 });
    const { answer } = await poll(rig);
    await rig.clock.advance(4999);
    assert.equal((await stored(rig))?.status, "queued");
    await rig.clock.advance(1);
    assert.equal((await answer).body.calls?.[0]?.id, ID);
  });

  test("a call that was taken and not started comes back after 60 s", async (t) => {
    const rig = await openRunnerRig(t);
    await put(rig);
    await get(rig);
    await rig.clock.advance(LEASE_MS);
    assert.deepEqual(await takenIds(rig, 1), [ID]);
  });

  test("a call that was started does not", async (t) => {
    const rig = await openRunnerRig(t);
    await put(rig);
    await get(rig);
    await start(rig);
    await rig.clock.advance(LEASE_MS);
    assert.deepEqual(await rig.store.queue.counts(), { queued: 0, running: 1, dead: 0 });
  });
});

describe("API reference 5.3: PUT /v1/runner/async", () => {
  test("queues a call", async (t) => {
    const rig = await openRunnerRig(t);
    const { status, text } = await put(rig);
    assert.deepEqual([status, text], [200, '{"msg":"enqueued call"}']);
    assert.equal((await stored(rig))?.status, "queued");
  });

  test("takes a missing priority for 0", async (t) => {
    const rig = await openRunnerRig(t);
    await put(rig, { priority: null });
    assert.equal((await get(rig)).body.calls?.[0]?.priority, 0);
  });

  test("queues a call once that is sent twice", async (t) => {
    const rig = await openRunnerRig(t);
    const statuses = [await put(rig), await put(rig)].map(({ status }) => status);
    assert.deepEqual(
      [statuses, await rig.store.queue.counts()],
      [[200, 200], { queued: 1, running: 0, dead: 0 }],
    );
  });

  test("does not let the sender choose when the call was accepted", async (t) => {
    const rig = await openRunnerRig(t);
    await put(rig, { created_at: "2001-01-01T00:00:00.000Z" });
    assert.equal((await stored(rig))?.created_at, "2018-01-22T10:00:00.000Z");
  });

  const refused = [
    { why: "no id", call: { id: "" }, status: 400, code: "call_id_missing" },
    { why: "an id that is none", call: { id: "../x" }, status: 400, code: "invalid_json" },
    { why: "no app", call: { app_name: "" }, status: 400, code: "app_name_missing" },
    { why: "an app that is not there", call: { app_name: "other" }, status: 404, code: "app_not_found" },
    { why: "a route that is not there", call: { path: "/other" }, status: 404, code: "route_not_found" },
    { why: "a priority above 2", call: { priority: 3 }, status: 400, code: "invalid_json" },
    { why: "a priority below 0", call: { priority: -1 }, status: 400, code: "invalid_json" },
    { why: "a delay below 0", call: { delay: -1 }, status: 400, code: "invalid_json" },
    { why: "a method that is none", call: { method: "GET /" }, status: 400, code: "invalid_json" },
    { why: "a URL that is none", call: { url: "ftp://x/" }, status: 400, code: "invalid_json" },
    { why: "a URL with a line break", call: { url: "/a\r\nb" }, status: 400, code: "invalid_json" },
    {
      why: "a header with a line break",
      call: { headers: { A: ["1\n2"] } },
      status: 400,
      code: "invalid_json",
    },
    { why: "a header without a name", call: { headers: { "": ["1"] } }, status: 400, code: "invalid_json" },
    { why: "an unknown encoding", call: { payload_encoding: "zip" }, status: 400, code: "invalid_json" },
    {
      why: "base64 that is none",
      call: { payload: "*", payload_encoding: "base64" },
      status: 400,
      code: "invalid_json",
    },
  ];
  for (const { why, call, status, code } of refused) {
    test(`refuses ${why}`, async (t) => {
      const rig = await openRunnerRig(t);
      const answer = await put(rig, call);
      assert.deepEqual([answer.status, answer.body.error?.code], [status, code]);
      assert.deepEqual(await rig.store.queue.counts(), { queued: 0, running: 0, dead: 0 });
    });
  }
});

describe("API reference 5.3: GET /v1/runner/async", () => {
  test("gives a call with all that it takes to run it, but for secrets", async (t) => {
    const rig = await openRunnerRig(t);
    const sent = {
      method: "PUT",
      url: "http://fn.example.com/r/demo/hello?q=1",
      headers: { "X-A": ["1", "2"], Connection: ["close"], Fn_method: ["GET"] },
      payload: "hello",
      priority: 1,
    };
    await put(rig, sent);
    const { body } = await get(rig);
    const { config, ...call } = body.calls?.[0] ?? { id: "", config: {} };
    assert.deepEqual(call, {
      ...CALL,
      status: "running",
      created_at: "2018-01-22T10:00:00.000Z",
      started_at: "0001-01-01T00:00:00.000Z",
      completed_at: "0001-01-01T00:00:00.000Z",
      image: "hello",
      type: "async",
      format: "default",
      payload: "hello",
      url: sent.url,
      method: "PUT",
      priority: 1,
      timeout: 30,
      idle_timeout: 30,
      memory: 128,
      headers: {
        "X-A": ["1", "2"],
        Fn_call_id: [ID],
        Fn_method: ["PUT"],
        Fn_request_url: [sent.url],
      },
    });
    const { A, FN_PATH, FN_TYPE, KEY } = config as Record<string, string>;
    assert.deepEqual([A, FN_PATH, FN_TYPE, KEY], ["1", "/hello", "async", undefined]);
  });

  test("gives a payload that is no text as base64, which may come so, too", async (t) => {
    const rig = await openRunnerRig(t);
    const bytes = { payload: "/wA=", payload_encoding: "base64" };
    await put(rig, bytes);
    const [call] = (await get(rig)).body.calls ?? [];
    assert.deepEqual([call?.payload, call?.payload_encoding], [bytes.payload, bytes.payload_encoding]);
  });

  test("answers that there is none after 30 s", async (t) => {
    const rig = await openRunnerRig(t);
    const { answer } = await poll(rig);
    const onAnswer = mock.fn();
    answer.then(onAnswer, assert.ifError);
    await rig.clock.advance(POLL_MS - 1);
    assert.equal(onAnswer.mock.callCount(), 0);
    await rig.clock.advance(1);
    assert.equal((await answer).text, NO_CALLS);
  });

  test("answers as soon as a call is queued", async (t) => {
    const rig = await openRunnerRig(t);
    const { answer } = await poll(rig);
    await put(rig);
    assert.equal((await answer).body.calls?.[0]?.id, ID);
  });

  test("answers that there is none when the node goes down", async (t) => {
    const rig = await openRunnerRig(t);
    const { answer } = await poll(rig);
    rig.management.drain();
    assert.equal((await answer).text, NO_CALLS);
    await put(rig);
    assert.equal((await get(rig)).text, NO_CALLS);
  });

  test("takes nothing for one who asked and has left", async (t) => {
    const rig = await openRunnerRig(t);
    const { port } = rig.server.address() as AddressInfo;
    const request = httpRequest({ port, host: "127.0.0.1", path: "/v1/runner/async", agent: false });
    request.on("error", () => {});
    request.end();
    await until(() => rig.clock.pending > 0);
    request.destroy();
    await until(() => rig.clock.pending === 0);
    await put(rig);
    assert.deepEqual(await takenIds(rig, 1), [ID]);
  });

  test("ends a call whose function was removed, and goes on to the next", async (t) => {
    const rig = await openRunnerRig(t);
    await put(rig);
    await rig.send("DELETE", "/v1/apps/demo/routes/hello");
    await rig.clock.advance(1);
    const id = await seedQueued(rig);
    assert.deepEqual(await takenIds(rig, 1), [id]);
    const call = await stored(rig);
    assert.deepEqual([call?.status, call?.error], ["error", "Fn not found"]);
  });
});

describe("API reference 5.4: a runner as a client of the API", () => {
  const paths = ["/hello", "/a/b", "/"];
  for (const path of paths) {
    test(`reads the app and the route ${path}, and runs a call of it`, async (t) => {
      const rig = await openRunnerRig(t);
      await rig.send("POST", "/v1/apps/demo/routes", { route: { path, image: "hello", type: "async" } });
      const answers = [
        await rig.send("GET", "/v1/apps/demo"),
        await rig.send("GET", `/v1/apps/demo/routes/${path.slice(1)}`),
        await put(rig, { path }),
        await get(rig),
        await start(rig),
        await finish(rig, { path }),
      ];
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200, 200, 200],
      );
      const call = await stored(rig);
      assert.deepEqual([call?.path, call?.status], [path, "success"]);
    });
  }

  test("is told of an app or route that is not there by 404", async (t) => {
    const { send } = await openRig(t);
    const targets = ["/v1/apps/demo", "/v1/apps/demo/routes/hello"];
    const answers = await Promise.all(targets.map((target) => send("GET", target)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [404, 404],
    );
  });
});
