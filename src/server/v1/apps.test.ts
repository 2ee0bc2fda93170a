import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openRig } from "./rig.suite.ts";

const CREATED = "2018-01-22T10:00:00.000Z";

describe("API reference 1.6: POST app", () => {
  test("creates an app and shows it", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("POST", "/v1/apps", { app: { name: "demo", config: { COLOUR: "red" } } });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, {
      message: "App successfully created",
      app: { name: "demo", config: { COLOUR: "red" }, created_at: CREATED, updated_at: CREATED },
    });
  });

  test("keeps an empty config value", async (t) => {
    const { send } = await openRig(t);
    await send("POST", "/v1/apps", { app: { name: "demo", config: { EMPTY: "", NULL: null } } });
    const { body } = await send("GET", "/v1/apps/demo");
    assert.deepEqual(body.app?.config, { EMPTY: "", NULL: "" });
  });

  test("leaves an empty config out of the answer", async (t) => {
    const { send } = await openRig(t);
    const { body } = await send("POST", "/v1/apps", { app: { name: "demo", config: {} } });
    assert.deepEqual(Object.keys(body.app ?? {}), ["name", "created_at", "updated_at"]);
  });

  test("does not let the caller choose the times", async (t) => {
    const { send } = await openRig(t);
    const { body } = await send("POST", "/v1/apps", {
      app: { name: "demo", created_at: "2001-01-01T00:00:00.000Z", updated_at: "2001-01-01T00:00:00.000Z" },
    });
    assert.deepEqual([body.app?.created_at, body.app?.updated_at], [CREATED, CREATED]);
  });

  test("refuses a name that is taken, and leaves the app as it is", async (t) => {
    const { send } = await openRig(t);
    await send("POST", "/v1/apps", { app: { name: "demo", config: { COLOUR: "red" } } });
    const again = await send("POST", "/v1/apps", { app: { name: "demo", config: { COLOUR: "blue" } } });
    assert.deepEqual([again.status, again.body.error?.code], [409, "app_exists"]);
    const { body } = await send("GET", "/v1/apps/demo");
    assert.deepEqual(body.app?.config, { COLOUR: "red" });
  });
});

describe("API reference 1.2: GET app", () => {
  test("shows the app", async (t) => {
    const { send } = await openRig(t);
    await send("POST", "/v1/apps", { app: { name: "demo" } });
    const answer = await send("GET", "/v1/apps/demo");
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, {
      message: "Successfully loaded app",
      app: { name: "demo", created_at: CREATED, updated_at: CREATED },
    });
  });

  test("does not know an app that is not there", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("GET", "/v1/apps/demo");
    assert.deepEqual([answer.status, answer.body.error?.code], [404, "app_not_found"]);
  });
});

describe("API reference 1.4: pages of apps", () => {
  test("lists no apps as an empty array", async (t) => {
    const { send } = await openRig(t);
    const { body } = await send("GET", "/v1/apps");
    assert.deepEqual(body, { message: "Successfully listed applications", next_cursor: "", apps: [] });
  });

  test("lists apps by name, page after page, until a page is not full", async (t) => {
    const { send } = await openRig(t);
    for (const name of ["c", "a", "b"]) await send("POST", "/v1/apps", { app: { name } });
    const first = await send("GET", "/v1/apps?per_page=2");
    const second = await send("GET", `/v1/apps?per_page=2&cursor=${first.body.next_cursor}`);
    const pages = [first, second].map(({ body }) => [body.apps?.map((app) => app.name), body.next_cursor]);
    assert.deepEqual(pages, [
      [["a", "b"], "Yg"],
      [["c"], ""],
    ]);
  });

  test("starts from the beginning for a cursor that is none", async (t) => {
    const { send } = await openRig(t);
    await send("POST", "/v1/apps", { app: { name: "a" } });
    const { body } = await send("GET", "/v1/apps?cursor=***");
    assert.deepEqual(body.apps?.length, 1);
  });
});

describe("API reference 1.6: PATCH app", () => {
  test("sets the keys that have a text, removes those that have none, keeps those not named", async (t) => {
    const { send } = await openRig(t);
    await send("POST", "/v1/apps", { app: { name: "demo", config: { A: "1", B: "2", C: "3", D: "4" } } });
    const change = { app: { config: { A: "one", B: "", C: null, E: "5" } } };
    const answer = await send("PATCH", "/v1/apps/demo", change);
    assert.deepEqual([answer.status, answer.body.message], [200, "App successfully updated"]);
    assert.deepEqual(answer.body.app?.config, { A: "one", D: "4", E: "5" });
    const { body } = await send("GET", "/v1/apps/demo");
    assert.deepEqual(body.app?.config, { A: "one", D: "4", E: "5" });
  });

  test("moves updated_at when something changes", async (t) => {
    const { send, clock } = await openRig(t);
    await send("POST", "/v1/apps", { app: { name: "demo" } });
    await clock.advance(1500);
    const { body } = await send("PATCH", "/v1/apps/demo", { app: { config: { A: "1" } } });
    assert.deepEqual([body.app?.created_at, body.app?.updated_at], [CREATED, "2018-01-22T10:00:01.500Z"]);
  });

  test("leaves updated_at when nothing changes", async (t) => {
    const { send, clock } = await openRig(t);
    await send("POST", "/v1/apps", { app: { name: "demo", config: { A: "1" } } });
    await clock.advance(1500);
    const { body } = await send("PATCH", "/v1/apps/demo", { app: { config: { A: "1", B: "" } } });
    assert.equal(body.app?.updated_at, CREATED);
  });

  for (const name of ["other", "demo"]) {
    test(`refuses the name ${name} for the app demo: names never change`, async (t) => {
      const { send } = await openRig(t);
      await send("POST", "/v1/apps", { app: { name: "demo" } });
      const answer = await send("PATCH", "/v1/apps/demo", { app: { name, config: { A: "1" } } });
      assert.deepEqual([answer.status, answer.body.error?.code], [409, "app_name_immutable"]);
    });
  }

  test("creates nothing", async (t) => {
    const { send, store } = await openRig(t);
    const answer = await send("PATCH", "/v1/apps/demo", { app: { config: { A: "1" } } });
    assert.deepEqual([answer.status, answer.body.error?.code], [404, "app_not_found"]);
    assert.deepEqual(await store.apps.list({ limit: 1 }), []);
  });
});

describe("API reference 1.6: DELETE app", () => {
  test("removes the app with its routes", async (t) => {
    const { send } = await openRig(t);
    await send("POST", "/v1/apps/demo/routes", { route: { path: "/hello", image: "hello" } });
    const answer = await send("DELETE", "/v1/apps/demo");
    assert.deepEqual([answer.status, answer.body], [200, { message: "App deleted" }]);
    assert.equal((await send("GET", "/v1/apps/demo")).status, 404);
    assert.equal((await send("GET", "/v1/apps/demo/routes/hello")).status, 404);
  });

  test("does not know an app that is not there", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("DELETE", "/v1/apps/demo");
    assert.deepEqual([answer.status, answer.body.error?.code], [404, "app_not_found"]);
  });
});
