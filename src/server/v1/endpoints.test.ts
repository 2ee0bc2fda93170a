/** What all endpoints have in common, which there are, and the shape of what they answer. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openRig, type Rig, seedCalls } from "./rig.suite.ts";

describe("API reference 1.1: rules common to all endpoints", () => {
  const JSON_TYPE = "application/json; charset=utf-8";

  test("success is compact JSON without a line break", async (t) => {
    const { send } = await openRig(t);
    const { headers, text } = await send("GET", "/v1/apps");
    assert.deepEqual(
      [headers["content-type"], text],
      [JSON_TYPE, '{"message":"Successfully listed applications","next_cursor":"","apps":[]}'],
    );
  });

  test("an error is the envelope, with our code in it, and one line break", async (t) => {
    const { send } = await openRig(t);
    const { headers, text } = await send("GET", "/v1/apps/none");
    assert.deepEqual(
      [headers["content-type"], text],
      [JSON_TYPE, '{"error":{"message":"App not found","code":"app_not_found"}}\n'],
    );
  });

  test("an error is JSON for a body that cannot be decoded, too", async (t) => {
    const { send } = await openRig(t);
    const { headers } = await send("POST", "/v1/apps", "{");
    assert.equal(headers["content-type"], JSON_TYPE);
  });

  test("<, > and & are escaped in texts", async (t) => {
    const { send } = await openRig(t);
    const { text } = await send("POST", "/v1/apps", { app: { name: "demo", config: { A: "<&>" } } });
    assert.ok(text.includes('"A":"\\u003c\\u0026\\u003e"'));
  });

  for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded", "???", ""]) {
    test(`the content type of a request may be "${type}": it is not asked`, async (t) => {
      const { send } = await openRig(t);
      const { status } = await send("POST", "/v1/apps", '{"app":{"name":"a"}}', { "content-type": type });
      assert.equal(status, 200);
    });
  }

  const bodies = [
    { rule: "names match whatever their case", body: '{"APP":{"NAME":"demo"}}', status: 200 },
    {
      rule: "names that nobody knows are passed over",
      body: '{"x":1,"app":{"name":"demo","y":2}}',
      status: 200,
    },
    { rule: "null is like an absent field", body: '{"app":{"name":"demo","config":null}}', status: 200 },
    { rule: "text after the first value is refused", body: '{"app":{"name":"demo"}} {}', status: 400 },
  ];
  for (const { rule, body, status } of bodies) {
    test(`in bodies ${rule}`, async (t) => {
      const { send } = await openRig(t);
      assert.equal((await send("POST", "/v1/apps", body)).status, status);
    });
  }

  test("null as a config value is an empty text", async (t) => {
    const { send } = await openRig(t);
    const { body } = await send("POST", "/v1/apps", { app: { name: "demo", config: { A: null } } });
    assert.deepEqual(body.app?.config, { A: "" });
  });

  const nowhere = [
    ["GET", "/v1", "/v1"],
    ["GET", "/v3/apps", "/v3/apps"],
    ["GET", "/v1/caf%C3%A9%20/x?q=1", "/v1/café /x"],
    ["GET", "/v1/apps/demo/calls/a/b", "/v1/apps/demo/calls/a/b"],
    ["POST", "/v1/apps/demo/routes/a", "/v1/apps/demo/routes/a"],
    ["POST", "/version", "/version"],
    ["PUT", "/v1/apps/demo", "/v1/apps/demo"],
    ["OPTIONS", "/v1/apps", "/v1/apps"],
    ["OPTIONS", "/version", "/version"],
    ["PROPFIND", "/v1/apps", "/v1/apps"],
    ["QUERY", "/v1/apps", "/v1/apps"],
  ] as const;
  for (const [method, target, path] of nowhere) {
    test(`${method} ${target} is 404: Path not found: ${path}`, async (t) => {
      const { send } = await openRig(t);
      const { status, body } = await send(method, target);
      assert.deepEqual([status, body.error?.message], [404, `Path not found: ${path}`]);
    });
  }

  for (const target of ["/", "/version", "/v1/apps"]) {
    test(`HEAD ${target} is 404`, async (t) => {
      const { send } = await openRig(t);
      const { status, text } = await send("HEAD", target);
      assert.deepEqual([status, text], [404, ""]);
    });
  }

  for (const target of ["/v1/apps/", "/v1/apps/demo/", "/v1/apps/demo/calls/", "/version/"]) {
    test(`${target} needs no redirect`, async (t) => {
      const { send } = await openRig(t);
      await send("POST", "/v1/apps", { app: { name: "demo" } });
      assert.equal((await send("GET", target)).status, 200);
    });
  }

  test("%2F separates like /", async (t) => {
    const { send } = await openRig(t);
    await send("POST", "/v1/apps", { app: { name: "demo" } });
    assert.equal((await send("GET", "/v1/apps%2Fdemo")).body.message, "Successfully loaded app");
  });

  test("an empty app segment is 400", async (t) => {
    const { send } = await openRig(t);
    const { status, body } = await send("GET", "/v1/apps//routes");
    assert.deepEqual([status, body.error?.message], [400, "Missing app name"]);
  });

  test("a failure of the node is 500, its detail in the log only", async (t) => {
    const flushCalls = async () => {
      throw new Error("disk on fire");
    };
    const { send, logged } = await openRig(t, { flushCalls });
    const { status, text } = await send("GET", "/v1/apps/demo/calls");
    assert.deepEqual(
      [status, text],
      [500, '{"error":{"message":"internal server error","code":"internal"}}\n'],
    );
    assert.equal(logged.length, 1);
    assert.ok(logged[0]?.includes("disk on fire"));
  });
});

describe("API reference 1.2: endpoints", () => {
  const app = "/v1/apps/demo";
  const route = { image: "hello" };
  const rows: readonly (readonly [method: string, target: string, body: unknown, message: string])[] = [
    ["GET", "/v1/apps", undefined, "Successfully listed applications"],
    ["POST", "/v1/apps", { app: { name: "new" } }, "App successfully created"],
    ["GET", app, undefined, "Successfully loaded app"],
    ["PATCH", app, { app: { config: { A: "1" } } }, "App successfully updated"],
    ["DELETE", app, undefined, "App deleted"],
    ["GET", `${app}/routes`, undefined, "Successfully listed routes"],
    ["POST", `${app}/routes`, { route: { ...route, path: "/new" } }, "Route successfully created"],
    ["GET", `${app}/routes/hello`, undefined, "Successfully loaded route"],
    ["PUT", `${app}/routes/new`, { route }, "Route successfully created"],
    ["PUT", `${app}/routes/hello`, { route }, "Route successfully updated"],
    ["PATCH", `${app}/routes/hello`, { route: { memory: 256 } }, "Route successfully updated"],
    ["DELETE", `${app}/routes/hello`, undefined, "Route deleted"],
    ["GET", `${app}/calls`, undefined, "Successfully listed calls"],
    ["GET", `${app}/calls/01A`, undefined, "Successfully loaded call"],
    ["GET", `${app}/calls/01A/log`, undefined, "Successfully loaded log"],
  ];
  for (const [method, target, body, message] of rows) {
    test(`${method} ${target} answers 200: ${message}`, async (t) => {
      const rig = await openRig(t);
      await seedCalls(rig, ["01A"]);
      const answer = await rig.send(method, target, body);
      assert.deepEqual([answer.status, answer.body.message], [200, message]);
    });
  }

  test("GET / says hello", async (t) => {
    const { send } = await openRig(t);
    assert.equal(
      (await send("GET", "/")).text,
      '{"goto":"https://github.com/fnproject/fn","hello":"world!"}',
    );
  });

  test("GET /version tells the version of Fn, and ours", async (t) => {
    const { send } = await openRig(t);
    assert.equal((await send("GET", "/version")).text, '{"version":"0.3.306","hotfn":"0.1.0"}');
  });

  const nested = [
    { target: `${app}/routes/x/y`, path: "/x/y" },
    { target: `${app}/routes//hello`, path: "/hello" },
    { target: `${app}/routes/%2Fhello`, path: "/hello" },
    { target: `${app}/routes/`, path: "/" },
  ];
  for (const method of ["GET", "PATCH", "DELETE"]) {
    for (const { target, path } of nested) {
      test(`${method} ${target} addresses the route ${path}`, async (t) => {
        const { send, store } = await openRig(t);
        await send("POST", `${app}/routes`, { route: { ...route, path } });
        const answer = await send(method, target, method === "PATCH" ? { route: { memory: 64 } } : undefined);
        assert.equal(answer.status, 200);
        if (method === "DELETE") assert.equal(await store.routes.get("demo", path), undefined);
        else assert.equal(answer.body.route?.path, path);
      });
    }
  }
});

describe("API reference 1.3: response bodies", () => {
  const APP = ["name", "created_at", "updated_at"];
  const ROUTE =
    "app_name path image memory cpus type format timeout idle_timeout created_at updated_at".split(" ");
  const CALL = "id status app_name path created_at started_at completed_at timeline".split(" ");
  const read = async (rig: Rig, target: string) => {
    await seedCalls(rig, ["01A"]);
    return (await rig.send("GET", target)).body;
  };

  test("App wrapper: message and app", async (t) => {
    const body = await read(await openRig(t), "/v1/apps/demo");
    assert.deepEqual([Object.keys(body), Object.keys(body.app ?? {})], [["message", "app"], APP]);
  });

  test("Route wrapper: message and route", async (t) => {
    const body = await read(await openRig(t), "/v1/apps/demo/routes/hello");
    assert.deepEqual([Object.keys(body), Object.keys(body.route ?? {})], [["message", "route"], ROUTE]);
  });

  test("Call wrapper: message and call", async (t) => {
    const body = await read(await openRig(t), "/v1/apps/demo/calls/01A");
    assert.deepEqual([Object.keys(body), Object.keys(body.call ?? {})], [["message", "call"], CALL]);
  });

  test("Log wrapper: message, and the log with its call and app", async (t) => {
    const body = await read(await openRig(t), "/v1/apps/demo/calls/01A/log");
    assert.deepEqual(body, {
      message: "Successfully loaded log",
      log: { call_id: "01A", log: "", app_name: "demo" },
    });
  });

  for (const list of ["apps", "routes", "calls"]) {
    const target = list === "apps" ? "/v1/apps" : `/v1/apps/demo/${list}`;
    test(`${list}: message, next_cursor and an array, each always there`, async (t) => {
      const body = await read(await openRig(t), target);
      assert.deepEqual([Object.keys(body), body.next_cursor], [["message", "next_cursor", list], ""]);
    });
  }

  test("Stats: in capitals, in all, by path, and by app and path", async (t) => {
    const one = { queued: 1, running: 2, completed: 3, failed: 4 };
    const counts = [
      { appName: "a", path: "/x", ...one },
      { appName: "b", path: "/x", ...one },
      { appName: "b", path: "__proto__", ...one },
    ];
    const { send } = await openRig(t, { fnCounts: () => counts });
    const once = '{"Queue":1,"Running":2,"Complete":3,"Failed":4}';
    assert.equal(
      (await send("GET", "/stats")).text,
      '{"Queue":3,"Running":6,"Complete":9,"Failed":12,' +
        `"FunctionStatsMap":{"/x":{"Queue":2,"Running":4,"Complete":6,"Failed":8},"__proto__":${once}},` +
        `"AppStatsMap":{"a":{"/x":${once}},"b":{"/x":${once},"__proto__":${once}}}}`,
    );
  });

  test("Stats of a node that runs nothing are zero", async (t) => {
    const { send } = await openRig(t);
    const { status, text } = await send("GET", "/stats");
    const zero = '{"Queue":0,"Running":0,"Complete":0,"Failed":0,"FunctionStatsMap":{},"AppStatsMap":{}}';
    assert.deepEqual([status, text], [200, zero]);
  });
});
