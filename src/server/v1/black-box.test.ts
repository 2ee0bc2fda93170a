/** What the black-box suite that was published with Fn expects of a server, on a whole node whose containers are scripts. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { Agent } from "../../agent/agent.ts";
import { AsyncCalls } from "../../agent/async/async-calls.ts";
import { SMALL_NODE } from "../../agent/rig.suite.ts";
import { settle } from "../../clock/fake-clock.ts";
import { seededRandom } from "../../clock/random.ts";
import { createFakeDriver, type FakeProcess } from "../../driver/fake/driver.ts";
import { createFormats } from "../../format/formats.ts";
import { FnCache } from "../fn-cache.ts";
import { Metrics } from "../metrics.ts";
import { HttpNode } from "../node.ts";
import { openRig, type Rig, sendTo } from "./rig.suite.ts";

const APPS = "/v1/apps";
const ROUTES = "/v1/apps/myapp/routes";
const ROUTE = { path: "/hello", image: "fnproject/hello", type: "sync", format: "default" };
const LOG_CHARS_MAX = 1024 * 1024;

interface BlackBox extends Pick<Rig, "send" | "clock"> {
  /** Resolves when so many calls have got into a container. */
  untilRunning(count: number): Promise<void>;
  /** The call, as soon as it has ended. */
  ended(callId: string): Promise<Readonly<Record<string, unknown>>>;
}

/** `play` is the program in each container. */
async function openBlackBox(t: TestContext, play: (process: FakeProcess) => void = greet): Promise<BlackBox> {
  const { log } = SMALL_NODE;
  const rig = await openRig(t, { flushCalls: () => agent.flushCalls() });
  const { store, clock, ids } = rig;
  const metrics = new Metrics(() => agent.state);
  const agent = new Agent({
    driver: createFakeDriver({ clock, onStart: play }),
    formatOf: createFormats(clock),
    calls: store.calls,
    clock,
    ids,
    ...SMALL_NODE,
    observer: metrics,
  });
  const fnOf = (id: string) => store.fns.get(id);
  const random = seededRandom(3);
  const asyncCalls = new AsyncCalls({
    agent,
    queue: store.queue,
    fnOf,
    ids,
    clock,
    random,
    log,
    observer: metrics,
  });
  const node = new HttpNode({
    type: "full",
    agent,
    store,
    fns: new FnCache(store, clock),
    management: rig.management,
    access: { authorize: async () => {}, authorizeCall: () => {} },
    metrics,
    log,
    clock,
    ids,
    nodeName: "node-1",
    bodyBytesMax: 1000,
    asyncBodyBytesMax: 1000,
    host: "127.0.0.1",
    port: 0,
  });
  const port = await node.start();
  asyncCalls.start();
  t.after(async () => {
    const stopped = Promise.all([node.stop(), asyncCalls.stop(0), agent.stop(0)]);
    node.kill();
    await clock.advance(1000);
    await stopped;
  });
  const send: Rig["send"] = (...request) => sendTo(port, ...request);
  return {
    send,
    clock,
    async untilRunning(count) {
      while ([...metrics.fnCounts()].reduce((sum, { running }) => sum + running, 0) < count) await settle();
    },
    async ended(callId) {
      for (;;) {
        const { body } = await send("GET", `${APPS}/myapp/calls/${callId}`);
        if (body.call && !["queued", "running"].includes(String(body.call.status))) return body.call;
        await clock.advance(100);
      }
    },
  };
}

/** A function that greets whom its input names, in formats `default` and `json`. */
function greet({ stdin, stdout, env, exit }: FakeProcess): void {
  let text = "";
  stdin.on("data", (part) => {
    text += part;
    if (env.FN_FORMAT !== "json" || !text.endsWith("}\n\n")) return;
    const { body } = JSON.parse(text);
    text = "";
    stdout.write(JSON.stringify({ body: greeting(body) }));
  });
  stdin.on("end", () => {
    if (env.FN_FORMAT === "json") return;
    stdout.write(greeting(text));
    exit();
  });
}

function greeting(input: string): string {
  const { name = "World" } = input === "" ? {} : JSON.parse(input);
  return `Hello ${name}!\n`;
}

/** A function that writes to its log, answers and ends. */
function logging(...lines: readonly string[]) {
  return ({ stdin, stdout, stderr, exit }: FakeProcess): void => {
    stdin.resume().on("end", () => {
      for (const line of lines) stderr.write(line);
      stdout.write("done");
      exit();
    });
  };
}

describe("API reference 7.3: apps", () => {
  for (const config of [undefined, { A: "a" }]) {
    test(`can be created with config ${JSON.stringify(config)}`, async (t) => {
      const { send } = await openBlackBox(t);
      const { status, body } = await send("POST", APPS, { app: { name: "myapp", config } });
      assert.deepEqual([status, body.app?.name, body.app?.config], [200, "myapp", config]);
    });
  }

  test("can be read", async (t) => {
    const { send } = await openBlackBox(t);
    await send("POST", APPS, { app: { name: "myapp" } });
    assert.equal((await send("GET", `${APPS}/myapp`)).body.app?.name, "myapp");
  });

  const changes = [
    { what: "the same", change: { A: "a" }, config: { A: "a" } },
    { what: "a changed", change: { A: "b" }, config: { A: "b" } },
    { what: "an added", change: { B: "b" }, config: { A: "a", B: "b" } },
  ];
  for (const { what, change, config } of changes) {
    test(`can be changed by ${what} key`, async (t) => {
      const { send } = await openBlackBox(t);
      await send("POST", APPS, { app: { name: "myapp", config: { A: "a" } } });
      const { body } = await send("PATCH", `${APPS}/myapp`, { app: { config: change } });
      assert.deepEqual(body.app?.config, config);
    });
  }

  test("cannot be created twice", async (t) => {
    const { send } = await openBlackBox(t);
    await send("POST", APPS, { app: { name: "myapp" } });
    assert.equal((await send("POST", APPS, { app: { name: "myapp" } })).status, 409);
  });

  for (const method of ["GET", "DELETE"]) {
    test(`${method} of one that is not there is 404`, async (t) => {
      const { send } = await openBlackBox(t);
      assert.equal((await send(method, `${APPS}/myapp`)).status, 404);
    });
  }
});

describe("API reference 7.3: routes", () => {
  test("creation answers with path, image, type and format, and timeouts above 0", async (t) => {
    const { send } = await openBlackBox(t);
    const { body } = await send("POST", ROUTES, { route: ROUTE });
    const { path, image, type, format, timeout, idle_timeout } = body.route ?? {};
    assert.deepEqual({ path, image, type, format }, ROUTE);
    assert.ok(Number(timeout) > 0 && Number(idle_timeout) > 0);
  });

  test("the list has it", async (t) => {
    const { send } = await openBlackBox(t);
    await send("POST", ROUTES, { route: ROUTE });
    assert.equal((await send("GET", ROUTES)).body.routes?.[0]?.path, "/hello");
  });

  test("can be read", async (t) => {
    const { send } = await openBlackBox(t);
    await send("POST", ROUTES, { route: ROUTE });
    assert.equal((await send("GET", `${ROUTES}/hello`)).body.route?.path, "/hello");
  });

  test("type and config can be changed", async (t) => {
    const { send } = await openBlackBox(t);
    await send("POST", ROUTES, { route: ROUTE });
    const change = { type: "async", config: { A: "b" } };
    const { type, config } = (await send("PATCH", `${ROUTES}/hello`, { route: change })).body.route ?? {};
    assert.deepEqual({ type, config }, change);
  });

  const refused = [
    { what: "a change of the path", request: ["PATCH", `${ROUTES}/hello`, { path: "/other" }], status: 409 },
    { what: "a second one of the path", request: ["POST", ROUTES, ROUTE], status: 409 },
    { what: "one without a leading slash", request: ["POST", ROUTES, { ...ROUTE, path: "x" }], status: 400 },
    { what: "removal of one that is not there", request: ["DELETE", `${ROUTES}/other`], status: 404 },
  ] as const;
  for (const { what, request, status } of refused) {
    test(`${what} is refused`, async (t) => {
      const { send } = await openBlackBox(t);
      await send("POST", ROUTES, { route: ROUTE });
      const [method, target, route] = request;
      assert.equal((await send(method, target, route && { route })).status, status);
    });
  }

  test("can be removed", async (t) => {
    const { send } = await openBlackBox(t);
    await send("POST", ROUTES, { route: ROUTE });
    assert.equal((await send("DELETE", `${ROUTES}/hello`)).status, 200);
  });
});

describe("API reference 7.3: deploy", () => {
  test("PUT makes the app and the route", async (t) => {
    const { send } = await openBlackBox(t);
    assert.equal((await send("PUT", `${ROUTES}/hello`, { route: ROUTE })).status, 200);
    assert.equal((await send("GET", `${APPS}/myapp`)).status, 200);
  });

  test("PUT works on an app that is there", async (t) => {
    const { send } = await openBlackBox(t);
    await send("POST", APPS, { app: { name: "myapp" } });
    assert.equal((await send("PUT", `${ROUTES}/hello`, { route: ROUTE })).status, 200);
  });

  test("PUT sent again leaves the headers as they were", async (t) => {
    const { send } = await openBlackBox(t);
    const route = { ...ROUTE, headers: { "X-A": ["1", "2"] } };
    await send("PUT", `${ROUTES}/hello`, { route });
    const { body } = await send("PUT", `${ROUTES}/hello`, { route });
    assert.deepEqual(body.route?.headers, route.headers);
  });
});

describe("API reference 7.3: sync call", () => {
  for (const format of ["default", "json"]) {
    test(`in format ${format} answers with the greeting, and its length`, async (t) => {
      const { send } = await openBlackBox(t);
      await send("POST", ROUTES, { route: { ...ROUTE, format } });
      const { status, text, headers } = await send("POST", "/r/myapp/hello", { name: "Fn" });
      assert.deepEqual([status, text, headers["content-length"]], [200, "Hello Fn!\n", "10"]);
    });
  }
});

describe("API reference 7.3: timeout", () => {
  test("a function that takes too long is 504 with a call id, and its call reads timeout", async (t) => {
    const { send, clock, untilRunning, ended } = await openBlackBox(t, () => {});
    await send("POST", ROUTES, { route: { ...ROUTE, timeout: 10 } });
    const answer = send("POST", "/r/myapp/hello");
    await untilRunning(1);
    await clock.advance(10_000);
    const { status, text, headers } = await answer;
    assert.equal(status, 504);
    assert.ok(text.includes("Timed out"));
    assert.equal((await ended(String(headers.fn_call_id))).status, "timeout");
  });
});

describe("API reference 7.3: async", () => {
  test("gives a call id at once, and the call succeeds", async (t) => {
    const { send, ended } = await openBlackBox(t);
    await send("POST", ROUTES, { route: { ...ROUTE, type: "async" } });
    const { status, body } = await send("POST", "/r/myapp/hello", { name: "Fn" });
    assert.equal(status, 202);
    const { id, app_name, path, status: outcome } = await ended(body.call_id ?? "");
    assert.deepEqual([id, app_name, path, outcome], [body.call_id, "myapp", "/hello", "success"]);
  });
});

describe("API reference 7.3: logs", () => {
  const logOf = async ({ send, ended }: BlackBox): Promise<string> => {
    await send("POST", ROUTES, { route: ROUTE });
    const { headers } = await send("POST", "/r/myapp/hello");
    const { id } = await ended(String(headers.fn_call_id));
    const { body } = await send("GET", `${APPS}/myapp/calls/${id}/log`);
    return String(body.log?.log);
  };

  test("have all lines of stderr", async (t) => {
    const text = await logOf(await openBlackBox(t, logging("First line\n", "Second line\n")));
    assert.equal(text, "First line\nSecond line\n");
  });

  test("are cut short when they are too long", async (t) => {
    const text = await logOf(await openBlackBox(t, logging("x".repeat(2 * LOG_CHARS_MAX))));
    assert.ok(text.length < LOG_CHARS_MAX + 100);
  });
});

describe("API reference 7.3: calls", () => {
  test("of an app that is not there cannot be listed", async (t) => {
    const { send } = await openBlackBox(t);
    assert.equal((await send("GET", `${APPS}/myapp/calls`)).status, 404);
  });

  test("of the id dummy there is none", async (t) => {
    const { send } = await openBlackBox(t);
    await send("POST", APPS, { app: { name: "myapp" } });
    assert.equal((await send("GET", `${APPS}/myapp/calls/dummy`)).status, 404);
  });
});
