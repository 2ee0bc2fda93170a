/** The fields of apps, routes, calls and logs: what they may hold, and what they hold if nobody says it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openRig, seedCalls } from "./rig.suite.ts";

const APPS = "/v1/apps";
const ROUTES = "/v1/apps/demo/routes";
const CREATED = "2018-01-22T10:00:00.000Z";

describe("API reference 2: times", () => {
  for (const text of [
    "2018-01-22T10:00:00Z",
    "2018-01-22T10:00:00.123Z",
    "2018-01-22T10:00:00.123456Z",
    "",
  ]) {
    test(`"${text}" is taken as a time, and a client's clock is not asked`, async (t) => {
      const { send } = await openRig(t);
      const { status, body } = await send("POST", APPS, { app: { name: "demo", created_at: text } });
      assert.deepEqual([status, body.app?.created_at], [200, CREATED]);
    });
  }
});

describe("API reference 2.1: app", () => {
  for (const name of ["a", "a".repeat(30), "Demo_1-x", "0", "_", "Z"]) {
    test(`name may be ${name}`, async (t) => {
      const { send } = await openRig(t);
      const { body } = await send("POST", APPS, { app: { name } });
      assert.equal(body.app?.name, name);
    });
  }

  for (const name of ["a.b", "a b", "a/b", "é", "a[", "~"]) {
    test(`name may not be ${name}`, async (t) => {
      const { send } = await openRig(t);
      const { body } = await send("POST", APPS, { app: { name } });
      assert.equal(body.error?.code, "app_name_invalid");
    });
  }

  test("name is checked to be there, then not too long, then of good characters", async (t) => {
    const { send } = await openRig(t);
    const names = ["", ".".repeat(31), "."];
    const answers = await Promise.all(names.map((name) => send("POST", APPS, { app: { name } })));
    assert.deepEqual(
      answers.map(({ body }) => body.error?.code),
      ["app_name_missing", "app_name_too_long", "app_name_invalid"],
    );
  });

  test("config holds any keys and texts, empty ones too", async (t) => {
    const { send } = await openRig(t);
    const config = { A: "1", "a key.": "ü\n", EMPTY: "" };
    const { body } = await send("POST", APPS, { app: { name: "demo", config } });
    assert.deepEqual(body.app?.config, config);
  });

  test("created_at and updated_at are when it was made", async (t) => {
    const { send } = await openRig(t);
    const { body } = await send("POST", APPS, { app: { name: "demo" } });
    assert.deepEqual([body.app?.created_at, body.app?.updated_at], [CREATED, CREATED]);
  });

  test("secrets are kept sealed, and only their names shown", async (t) => {
    const { send, store } = await openRig(t);
    const made = await send("POST", APPS, { app: { name: "demo", secrets: { B: "hush", A: "hush" } } });
    assert.deepEqual(made.body.app?.secret_names, ["A", "B"]);
    assert.ok(!made.text.includes("hush"));
    const app = await store.apps.get({ name: "demo" });
    assert.deepEqual(app?.secrets, { A: "sealed hush", B: "sealed hush" });
  });

  test("secrets change key by key, and an empty text removes one", async (t) => {
    const { send, store } = await openRig(t);
    await send("POST", APPS, { app: { name: "demo", secrets: { A: "1", B: "2", C: "3" } } });
    const { body } = await send("PATCH", `${APPS}/demo`, { app: { secrets: { A: "", B: "two" } } });
    assert.deepEqual(body.app?.secret_names, ["B", "C"]);
    const app = await store.apps.get({ name: "demo" });
    assert.deepEqual(app?.secrets, { B: "sealed two", C: "sealed 3" });
  });
});

describe("API reference 2.2: route", () => {
  const defaults = {
    app_name: "demo",
    path: "/x",
    image: "i",
    memory: 128,
    cpus: "",
    type: "sync",
    format: "default",
    timeout: 30,
    idle_timeout: 30,
    created_at: CREATED,
    updated_at: CREATED,
  };
  test("what is left open has its default, and empty maps are not shown", async (t) => {
    const { send } = await openRig(t);
    const { body } = await send("POST", ROUTES, { route: { path: "/x", image: "i" } });
    assert.deepEqual(body.route, defaults);
  });

  const accepted: readonly (readonly [field: string, sent: unknown, shown: unknown])[] = [
    ["image", "not checked: any TEXT", "not checked: any TEXT"],
    ["memory", 1, 1],
    ["memory", 8192, 8192],
    ["memory", 0, 128],
    ["cpus", "500m", "500m"],
    ["cpus", "0.5", "500m"],
    ["cpus", " 1 ", "1000m"],
    ["cpus", "0.0001", ""],
    ["cpus", "1024", "1024000m"],
    ["cpus", "1024000m", "1024000m"],
    ["headers", { "x-low": ["1", "2"] }, { "x-low": ["1", "2"] }],
    ["headers", {}, undefined],
    ["type", "async", "async"],
    ["format", "http", "http"],
    ["format", "json", "json"],
    ["format", "http-stream", "http-stream"],
    ["timeout", 1, 1],
    ["timeout", 120, 120],
    ["timeout", 0, 30],
    ["idle_timeout", 1, 1],
    ["idle_timeout", 3600, 3600],
    ["idle_timeout", 0, 30],
    ["config", { A: "" }, { A: "" }],
    ["config", {}, undefined],
    ["retries", 100, 100],
    ["retries", 0, undefined],
  ];
  for (const [field, sent, shown] of accepted) {
    test(`${field} ${JSON.stringify(sent)} becomes ${JSON.stringify(shown) ?? "nothing"}`, async (t) => {
      const { send } = await openRig(t);
      const { body } = await send("POST", ROUTES, { route: { path: "/x", image: "i", [field]: sent } });
      assert.deepEqual(body.route?.[field], shown);
    });
  }

  test("timeout may be 3600 for async", async (t) => {
    const { send } = await openRig(t);
    const route = { path: "/x", image: "i", type: "async", timeout: 3600 };
    assert.equal((await send("POST", ROUTES, { route })).body.route?.timeout, 3600);
  });

  const misfits = [
    { memory: -1 },
    { memory: 1.5 },
    { timeout: 1.5 },
    { timeout: 4_000_000_000 },
    { cpus: 1 },
    { headers: { A: "1" } },
    { config: { A: 1 } },
  ];
  for (const misfit of misfits) {
    test(`${JSON.stringify(misfit)} is of the wrong type`, async (t) => {
      const { send } = await openRig(t);
      const { body } = await send("POST", ROUTES, { route: { path: "/x", image: "i", ...misfit } });
      assert.equal(body.error?.code, "invalid_json");
    });
  }

  const ranges = [
    { misfit: { timeout: -1 }, code: "route_timeout_invalid" },
    { misfit: { timeout: 121 }, code: "route_timeout_invalid" },
    { misfit: { type: "async", timeout: 3601 }, code: "route_timeout_invalid" },
    { misfit: { idle_timeout: -1 }, code: "route_idle_timeout_invalid" },
    { misfit: { memory: 8193 }, code: "route_memory_invalid" },
    { misfit: { cpus: "1025" }, code: "route_cpus_invalid" },
    { misfit: { retries: -1 }, code: "retries_invalid" },
    { misfit: { retries: 101 }, code: "retries_invalid" },
    { misfit: { retry_delay: 3601 }, code: "retry_delay_invalid" },
  ];
  for (const { misfit, code } of ranges) {
    test(`${JSON.stringify(misfit)} is out of range`, async (t) => {
      const { send } = await openRig(t);
      const { status, body } = await send("POST", ROUTES, { route: { path: "/x", image: "i", ...misfit } });
      assert.deepEqual([status, body.error?.code], [400, code]);
    });
  }

  test("retry_delay is shown with retries, and can be changed with them", async (t) => {
    const { send } = await openRig(t);
    const made = await send("POST", ROUTES, { route: { path: "/x", image: "i", retries: 3 } });
    const { body } = await send("PATCH", `${ROUTES}/x`, { route: { retry_delay: 0, retries: 2 } });
    assert.deepEqual(
      [made.body.route?.retry_delay, body.route?.retries, body.route?.retry_delay],
      [10, 2, 0],
    );
  });

  test("retries can be taken back", async (t) => {
    const { send } = await openRig(t);
    await send("POST", ROUTES, { route: { path: "/x", image: "i", retries: 3 } });
    const { body } = await send("PATCH", `${ROUTES}/x`, { route: { retries: 0 } });
    assert.deepEqual(body.route, defaults);
  });

  test("secrets are kept sealed, and only their names shown", async (t) => {
    const { send, store } = await openRig(t);
    const made = await send("PUT", `${ROUTES}/x`, { route: { image: "i", secrets: { KEY: "hush" } } });
    assert.deepEqual(made.body.route?.secret_names, ["KEY"]);
    assert.ok(!made.text.includes("hush"));
    const stored = await store.routes.get("demo", "/x");
    assert.deepEqual(stored?.fn.secrets, { KEY: "sealed hush" });
  });
});

describe("API reference 2.3: call", () => {
  const fields = {
    id: "01A",
    status: "success",
    app_name: "demo",
    path: "/hello",
    created_at: "2018-01-22T10:00:00.000Z",
    started_at: "2018-01-22T10:00:00.005Z",
    completed_at: "2018-01-22T10:00:00.012Z",
    error: undefined,
    stats: undefined,
  };
  for (const [field, value] of Object.entries(fields)) {
    test(`${field} is ${value ?? "absent, as there is none"}`, async (t) => {
      const rig = await openRig(t);
      await seedCalls(rig, ["01A"]);
      const { body } = await rig.send("GET", "/v1/apps/demo/calls/01A");
      assert.equal(body.call?.[field], value);
    });
  }

  test("error is what ended it", async (t) => {
    const rig = await openRig(t);
    await seedCalls(rig, ["01A"], { status: "error", error: "container exit code 1" });
    const { body } = await rig.send("GET", "/v1/apps/demo/calls/01A");
    assert.equal(body.call?.error, "container exit code 1");
  });
});

describe("API reference 2.4: log", () => {
  test("a second log of a call changes nothing", async (t) => {
    const rig = await openRig(t);
    await seedCalls(rig, ["01A"], {}, "first");
    await seedCalls(rig, ["01A"], {}, "second");
    const { text } = await rig.send("GET", "/v1/apps/demo/calls/01A/log", undefined, {
      accept: "text/plain",
    });
    assert.equal(text, "first");
  });
});

describe("API reference 2.6: what is stored of a route", () => {
  const columns = {
    image: "i",
    format: "json",
    memory: 256,
    cpus: "500m",
    timeout: 5,
    idle_timeout: 6,
    type: "async",
    headers: { A: ["1"] },
    config: { B: "2" },
  };
  for (const [column, value] of Object.entries(columns)) {
    test(`${column} is read as it was written`, async (t) => {
      const { send } = await openRig(t);
      await send("POST", ROUTES, { route: { path: "/x", ...columns } });
      assert.deepEqual((await send("GET", `${ROUTES}/x`)).body.route?.[column], value);
    });
  }
});
