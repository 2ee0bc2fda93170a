/** Habits of Fn that clients rely on, and those that only hurt: what /v1 does about each. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openRig, seedCalls } from "./rig.suite.ts";

const APP = "/v1/apps/demo";
const ROUTES = `${APP}/routes`;

describe("API reference 1.7: route paths", () => {
  const stored: readonly (readonly [sent: string, path: string])[] = [
    ["/full", "/full"],
    ["/a/b", "/a/b"],
    ["/a/", "/a"],
    ["//a//b", "/a/b"],
    ["/a/../b", "/b"],
    ["/", "/"],
    ["/A", "/A"],
    ["/x?q=1", "/x?q=1"],
    ["/50%25", "/50%25"],
  ];
  for (const [sent, path] of stored) {
    test(`${sent} is stored as ${path}`, async (t) => {
      const { send } = await openRig(t);
      const { body } = await send("POST", ROUTES, { route: { path: sent, image: "i" } });
      assert.equal(body.route?.path, path);
    });
  }

  for (const other of ["/A", "/a/b", "/", "/aa"]) {
    test(`/a is not matched by ${other}`, async (t) => {
      const { send } = await openRig(t);
      await send("POST", ROUTES, { route: { path: "/a", image: "i" } });
      assert.equal((await send("GET", ROUTES + other)).body.error?.code, "route_not_found");
    });
  }
});

describe("API reference 1.8: what was changed through /v1", () => {
  test("is read through it at once", async (t) => {
    const { send } = await openRig(t);
    await send("PUT", `${ROUTES}/a`, { route: { image: "one" } });
    await send("GET", `${ROUTES}/a`);
    await send("PUT", `${ROUTES}/a`, { route: { image: "two" } });
    assert.equal((await send("GET", `${ROUTES}/a`)).body.route?.image, "two");
    await send("DELETE", `${ROUTES}/a`);
    assert.equal((await send("GET", `${ROUTES}/a`)).status, 404);
  });
});

describe("API reference 7.1: worth keeping", () => {
  test("creation is 200, not 201", async (t) => {
    const { send } = await openRig(t);
    assert.equal((await send("POST", "/v1/apps", { app: { name: "demo" } })).status, 200);
  });

  for (const [method, target] of [
    ["POST", ROUTES],
    ["PUT", `${ROUTES}/a`],
  ] as const) {
    test(`${method} of a route makes its app`, async (t) => {
      const { send } = await openRig(t);
      await send(method, target, { route: { path: "/a", image: "i" } });
      assert.equal((await send("GET", APP)).status, 200);
    });
  }

  test("PUT of a route that is there merges", async (t) => {
    const { send } = await openRig(t);
    await send("PUT", `${ROUTES}/a`, { route: { image: "i", memory: 256 } });
    const { body } = await send("PUT", `${ROUTES}/a`, { route: { image: "j" } });
    assert.deepEqual([body.route?.image, body.route?.memory], ["j", 256]);
  });

  test("an empty text removes a config key, an empty list a header", async (t) => {
    const { send } = await openRig(t);
    await send("PUT", `${ROUTES}/a`, { route: { image: "i", config: { A: "1" }, headers: { B: ["2"] } } });
    const { body } = await send("PATCH", `${ROUTES}/a`, { route: { config: { A: "" }, headers: { B: [] } } });
    assert.deepEqual([body.route?.config, body.route?.headers], [undefined, undefined]);
  });

  test("PATCH of an app with the name it has is 409", async (t) => {
    const { send } = await openRig(t);
    await send("POST", "/v1/apps", { app: { name: "demo" } });
    assert.equal((await send("PATCH", APP, { app: { name: "demo" } })).status, 409);
  });

  test("a full page has a cursor, and an unknown cursor is passed over", async (t) => {
    const { send } = await openRig(t);
    await send("POST", "/v1/apps", { app: { name: "a" } });
    const { body } = await send("GET", "/v1/apps?per_page=1&cursor=!");
    assert.deepEqual([body.apps?.length, body.next_cursor], [1, "YQ"]);
  });

  for (const list of ["routes", "calls"]) {
    test(`${list} of an unknown app are 404`, async (t) => {
      const { send } = await openRig(t);
      assert.equal((await send("GET", `${APP}/${list}`)).body.error?.message, "App not found");
    });
  }

  const ofUnknownApp = [
    { target: `${APP}/calls/01A`, message: "Call not found" },
    { target: `${APP}/calls/01A/log`, message: "Call log not found" },
  ];
  for (const { target, message } of ofUnknownApp) {
    test(`GET ${target} of an unknown app is 404 ${message}`, async (t) => {
      const { send } = await openRig(t);
      const { status, body } = await send("GET", target);
      assert.deepEqual([status, body.error?.message], [404, message]);
    });
  }

  test("a log is JSON for */*", async (t) => {
    const rig = await openRig(t);
    await seedCalls(rig, ["01A"], {}, "line");
    const { body } = await rig.send("GET", `${APP}/calls/01A/log`, undefined, { accept: "*/*" });
    assert.equal(body.message, "Successfully loaded log");
  });

  test("cpus is a text in both directions", async (t) => {
    const { send } = await openRig(t);
    const made = await send("PUT", `${ROUTES}/a`, { route: { image: "i", cpus: "0.5" } });
    const number = await send("PUT", `${ROUTES}/a`, { route: { image: "i", cpus: 0.5 } });
    assert.deepEqual([made.body.route?.cpus, number.status], ["500m", 400]);
  });
});

describe("API reference 7.2: not worth keeping", () => {
  for (const path of ["/x/y", "/"]) {
    test(`GET reads the route ${path}`, async (t) => {
      const { send } = await openRig(t);
      await send("POST", ROUTES, { route: { path, image: "i" } });
      assert.equal((await send("GET", ROUTES + path)).body.route?.path, path);
    });
  }

  test("app names may have capitals, and no symbols", async (t) => {
    const { send } = await openRig(t);
    const names = ["Demo", "de[mo"];
    const answers = await Promise.all(names.map((name) => send("POST", "/v1/apps", { app: { name } })));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 400],
    );
  });

  test("a refused route leaves no app behind", async (t) => {
    const { send } = await openRig(t);
    await send("POST", ROUTES, { route: { path: "/a" } });
    assert.equal((await send("GET", APP)).status, 404);
  });

  test("an app that came with its route has times", async (t) => {
    const { send } = await openRig(t);
    await send("POST", ROUTES, { route: { path: "/a", image: "i" } });
    assert.equal((await send("GET", APP)).body.app?.created_at, "2018-01-22T10:00:00.000Z");
  });

  test("a header is removed whatever its case", async (t) => {
    const { send } = await openRig(t);
    await send("PUT", `${ROUTES}/a`, { route: { image: "i", headers: { "x-low": ["1"] } } });
    const { body } = await send("PATCH", `${ROUTES}/a`, { route: { headers: { "X-Low": [] } } });
    assert.equal(body.route?.headers, undefined);
  });

  test("the limit of cpus can be taken off", async (t) => {
    const { send } = await openRig(t);
    await send("PUT", `${ROUTES}/a`, { route: { image: "i", cpus: "1" } });
    assert.equal((await send("PATCH", `${ROUTES}/a`, { route: { cpus: "0" } })).body.route?.cpus, "");
  });
});
