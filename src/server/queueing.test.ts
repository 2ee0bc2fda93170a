import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { FakeClock, settle } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import { answering, call, type RigOptions, startNode } from "./invoke-rig.suite.ts";

const ASYNC = { fn: { type: "async" } } as const;
const POST = { method: "POST" } as const;

function startQueueing(options: RigOptions = ASYNC) {
  return startNode(() => assert.fail("ran"), options);
}

describe("API reference 3.6: async call", () => {
  test("is answered 202 with its id, the route's headers and no wait, once it is stored", async () => {
    const trigger = { headers: { "X-A": ["1"], "Content-Type": ["text/html"] } };
    const { port, queued } = await startQueueing({ ...ASYNC, trigger });
    const { status, headers, body } = await call(port, "/r/app/x", POST, "hi");
    const id = queued[0]?.call.call.id;
    assert.deepEqual([status, body], [202, `{"call_id":"${id}"}`]);
    assert.equal(headers.fn_call_id, id);
    assert.equal(headers["x-a"], "1");
    assert.equal(headers["content-type"], "application/json");
    assert.equal(headers["xxx-fxlb-wait"], undefined);
  });

  test("is stored whole: who called what, and how", async () => {
    const clock = new FakeClock();
    const { port, queued } = await startQueueing({ ...ASYNC, clock });
    const headers = { "X-Tag": ["a", "b"], Connection: "close, x-hop", "X-Hop": "1" };
    const bytes = "\u00e4\0\r\n";
    await call(port, "/r/app/x?q=1", { ...POST, headers: { ...headers, "Content-Length": 5 } }, bytes);
    const [one] = queued;
    assert.ok(one);
    const { call: stored, request, priority, dueAtMs } = one.call;
    assert.deepEqual(
      [stored.appName, stored.fnId, stored.path, stored.status, stored.createdAtMs],
      ["app", "F", "/x", "queued", clock.nowMs()],
    );
    assert.deepEqual(
      [request.method, request.target, request.host, request.triggerId],
      ["POST", "/r/app/x?q=1", `127.0.0.1:${port}`, "T"],
    );
    assert.deepEqual(request.headers, [
      ["X-Tag", "a"],
      ["X-Tag", "b"],
      ["Content-Length", "5"],
    ]);
    assert.equal(Buffer.from(request.body).toString(), bytes);
    assert.deepEqual([priority, dueAtMs, one.idempotency], [0, clock.nowMs(), undefined]);
  });

  test("may have no body", async () => {
    const { port, queued } = await startQueueing();
    assert.equal((await call(port, "/r/app/x")).status, 202);
    assert.equal(queued[0]?.call.request.body.length, 0);
  });

  test("that the queue does not take is a 503 that says when to come back", async () => {
    let isAway = false;
    const { port } = await startQueueing({
      ...ASYNC,
      beforeQuery: async () => {
        if (isAway) throw new FnError("store_unavailable");
      },
    });
    await call(port, "/r/app/x");
    isAway = true;
    const { status, headers, body } = await call(port, "/r/app/x");
    assert.deepEqual([status, JSON.parse(body).error.code], [503, "store_unavailable"]);
    assert.notEqual(headers["retry-after"], undefined);
  });

  test("whose body is no body is a 400, and not stored", async () => {
    const { port, queued } = await startQueueing();
    const client = connect(port, "127.0.0.1").setEncoding("latin1");
    client.write("POST /r/app/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n");
    let text = "";
    for await (const part of client) text += part;
    assert.match(text, /^HTTP\/1\.1 400 .*"message":"Invalid payload","code":"payload_invalid"/s);
    assert.deepEqual(queued, []);
  });

  for (const [how, headers] of [
    ["by its length", {}],
    ["by its chunks", { "Transfer-Encoding": "chunked" }],
  ] as const) {
    test(`whose body is too long ${how} is a 413, and not stored`, async () => {
      const { port, queued } = await startQueueing({ ...ASYNC, bodyMax: 10_000, asyncBodyMax: 100 });
      const { status, body } = await call(port, "/r/app/x", { ...POST, headers }, "x".repeat(101));
      assert.deepEqual([status, JSON.parse(body).error.code], [413, "body_too_large"]);
      assert.deepEqual(queued, []);
    });
  }

  test("whose client leaves within its body is not stored", async () => {
    const asked = Promise.withResolvers<void>();
    const { port, queued } = await startQueueing({
      ...ASYNC,
      authorize: () => asked.resolve(),
    });
    const client = connect(port, "127.0.0.1");
    client.write("POST /r/app/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
    await asked.promise;
    client.destroy();
    await once(client, "close");
    // A call that comes later is there: what came before it would be, too.
    await call(port, "/r/app/x", POST, "later");
    await settle();
    assert.deepEqual(
      queued.map((each) => Buffer.from(each.call.request.body).toString()),
      ["later"],
    );
  });

  test("is taken by a node that goes down, too", async () => {
    const { port, node, queued } = await startQueueing({ ...ASYNC, clock: new FakeClock() });
    const client = connect(port, "127.0.0.1").setEncoding("latin1");
    await once(client, "connect");
    const stopped = node.stop();
    client.write("POST /r/app/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    let text = "";
    for await (const part of client) text += part;
    assert.match(text, /^HTTP\/1\.1 202 /);
    assert.equal(queued.length, 1);
    await stopped;
  });
});

describe("a detached call", () => {
  const detached = { ...POST, headers: { "Fn-Invoke-Type": "detached" } };

  for (const [path, trigger] of [
    ["/invoke/F", undefined],
    ["/t/app/x", "T"],
  ] as const) {
    test(`of ${path} is stored, and answered 202 without a body`, async () => {
      const { port, queued } = await startQueueing({});
      const { status, headers, body } = await call(port, path, detached, "hi");
      assert.deepEqual([status, body, headers["content-length"]], [202, "", "0"]);
      assert.equal(headers["fn-call-id"], queued[0]?.call.call.id);
      assert.equal(headers["content-type"], undefined);
      assert.equal(queued[0]?.call.request.triggerId, trigger);
    });

    test(`is what every call of an async function by ${path} is`, async () => {
      const { port, queued } = await startQueueing();
      assert.equal((await call(port, path, POST, "hi")).status, 202);
      assert.equal(queued.length, 1);
    });
  }

  test("by the fn's id goes by the fn's name", async () => {
    const { port, queued } = await startQueueing({ fn: { name: "plain" } });
    await call(port, "/invoke/F", detached);
    assert.equal(queued[0]?.call.call.path, "plain");
  });

  test("is not what a call by route can be: its caller waits", async () => {
    const { port, queued } = await startNode(answering(200, [], "ok"));
    assert.equal((await call(port, "/r/app/x", detached)).status, 200);
    assert.deepEqual(queued, []);
  });

  test("that is refused says so without an envelope", async () => {
    const { port } = await startQueueing({});
    const { status, body } = await call(port, "/invoke/F", detached, "x".repeat(1001));
    assert.deepEqual([status, JSON.parse(body).message], [413, "Request content too large"]);
  });
});

describe("what the caller of a queued call may choose", () => {
  const choose = async (headers: Record<string, string | string[]>, clock = new FakeClock()) => {
    const rig = await startQueueing({ ...ASYNC, clock });
    const answer = await call(rig.port, "/r/app/x", { ...POST, headers });
    return { ...rig, answer, stored: rig.queued[0], nowMs: clock.nowMs() };
  };

  test("a key: the same one leads to the same call, which is stored once", async () => {
    const { port, queued, answer } = await choose({ "Idempotency-Key": "a" });
    const again = await call(port, "/r/app/x", { ...POST, headers: { "idempotency-key": "a" } });
    assert.deepEqual([again.status, again.body], [202, answer.body]);
    assert.equal(again.headers.fn_call_id, answer.headers.fn_call_id);
    const other = await call(port, "/r/app/x", { ...POST, headers: { "Idempotency-Key": "b" } });
    assert.notEqual(other.body, answer.body);
    assert.equal(queued.length, 2);
  });

  test("the key is kept for a day", async () => {
    const { stored } = await choose({ "Idempotency-Key": "a" });
    assert.deepEqual(stored?.idempotency, { key: "a", keepMs: 86_400_000 });
  });

  test("a delay in seconds", async () => {
    const { stored, nowMs } = await choose({ "Fn-Delay": "30" });
    assert.equal(stored?.call.dueAtMs, nowMs + 30_000);
  });

  test("a priority", async () => {
    const { stored } = await choose({ "Fn-Priority": "2" });
    assert.equal(stored?.call.priority, 2);
  });

  const refused: readonly (readonly [name: string, values: string | string[], code: string])[] = [
    ["Idempotency-Key", "", "idempotency_key_invalid"],
    ["Idempotency-Key", "a b", "idempotency_key_invalid"],
    ["Idempotency-Key", "\u00e4", "idempotency_key_invalid"],
    ["Idempotency-Key", "k".repeat(256), "idempotency_key_invalid"],
    ["Idempotency-Key", ["a", "b"], "idempotency_key_invalid"],
    ["Fn-Delay", "", "delay_invalid"],
    ["Fn-Delay", "-1", "delay_invalid"],
    ["Fn-Delay", "1.5", "delay_invalid"],
    ["Fn-Delay", "1e3", "delay_invalid"],
    ["Fn-Delay", "86401", "delay_invalid"],
    ["Fn-Delay", ["1", "1"], "delay_invalid"],
    ["Fn-Priority", "", "priority_invalid"],
    ["Fn-Priority", "3", "priority_invalid"],
    ["Fn-Priority", "01", "priority_invalid"],
    ["Fn-Priority", ["1", "1"], "priority_invalid"],
  ];
  for (const [name, values, code] of refused) {
    const shown = Array.isArray(values) ? `${values.length} times` : `'${values.slice(0, 8)}'`;
    test(`not ${name} ${shown}: 400, and nothing stored`, async () => {
      const { answer, queued } = await choose({ [name]: values });
      assert.deepEqual([answer.status, JSON.parse(answer.body).error.code], [400, code]);
      assert.deepEqual(queued, []);
    });
  }

  for (const [name, value] of [
    ["Idempotency-Key", "k".repeat(255)],
    ["Fn-Delay", "86400"],
    ["Fn-Delay", "0"],
    ["Fn-Priority", "0"],
  ] as const) {
    test(`${name} '${value.slice(0, 8)}' at its limit`, async () => {
      assert.equal((await choose({ [name]: value })).answer.status, 202);
    });
  }
});
