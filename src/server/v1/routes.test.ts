import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openRig } from "./rig.suite.ts";

const ROUTES = "/v1/apps/demo/routes";
const CREATED = "2018-01-22T10:00:00.000Z";
const LATER = "2018-01-22T10:00:01.000Z";
const HELLO = {
  app_name: "demo",
  path: "/hello",
  image: "hello",
  memory: 128,
  cpus: "",
  type: "sync",
  format: "default",
  timeout: 30,
  idle_timeout: 30,
  created_at: CREATED,
  updated_at: CREATED,
};

describe("API reference 1.6: POST route", () => {
  test("creates a route, with defaults for what is left open", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("POST", ROUTES, { route: { path: "/hello", image: "hello" } });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, { message: "Route successfully created", route: HELLO });
  });

  test("takes zero and empty settings for open ones", async (t) => {
    const { send } = await openRig(t);
    const zeros = { memory: 0, timeout: 0, idle_timeout: 0, cpus: "", type: "", format: "", config: null };
    const { body } = await send("POST", ROUTES, { route: { path: "/hello", image: "hello", ...zeros } });
    assert.deepEqual(body.route, HELLO);
  });

  test("stores all that is chosen", async (t) => {
    const { send } = await openRig(t);
    const chosen = {
      path: "/hello",
      image: "hello:2",
      memory: 256,
      cpus: "0.5",
      headers: { "X-One": ["1"], "X-Two": ["2", "2"] },
      type: "async",
      format: "http-stream",
      timeout: 3600,
      idle_timeout: 60,
      config: { EMPTY: "" },
    };
    await send("POST", ROUTES, { route: chosen });
    const { body } = await send("GET", `${ROUTES}/hello`);
    assert.deepEqual(body.route, { ...HELLO, ...chosen, cpus: "500m" });
  });

  test("creates the app with it, times and all", async (t) => {
    const { send } = await openRig(t);
    await send("POST", ROUTES, { route: { path: "/hello", image: "hello" } });
    const { body } = await send("GET", "/v1/apps/demo");
    assert.deepEqual(body.app, { name: "demo", created_at: CREATED, updated_at: CREATED });
  });

  test("leaves an app that is there as it is", async (t) => {
    const { send } = await openRig(t);
    await send("POST", "/v1/apps", { app: { name: "demo", config: { A: "1" } } });
    await send("POST", ROUTES, { route: { path: "/hello", image: "hello" } });
    const { body } = await send("GET", "/v1/apps/demo");
    assert.deepEqual(body.app?.config, { A: "1" });
  });

  test("takes the app from the URL, not from the body", async (t) => {
    const { send } = await openRig(t);
    const { body } = await send("POST", ROUTES, { route: { app_name: "x", path: "/hello", image: "hello" } });
    assert.equal(body.route?.app_name, "demo");
  });

  test("cleans the path, so that the route can be called", async (t) => {
    const { send } = await openRig(t);
    const { body } = await send("POST", ROUTES, { route: { path: "//a/./b/../c/", image: "hello" } });
    assert.equal(body.route?.path, "/a/c");
  });

  test("refuses a path that is taken", async (t) => {
    const { send } = await openRig(t);
    await send("POST", ROUTES, { route: { path: "/hello", image: "hello" } });
    const again = await send("POST", ROUTES, { route: { path: "/hello/", image: "hello" } });
    assert.deepEqual([again.status, again.body.error?.code], [409, "route_exists"]);
  });

  test("has the collection at a trailing slash, too", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("POST", `${ROUTES}/`, { route: { path: "/hello", image: "hello" } });
    assert.deepEqual([answer.status, answer.body.route?.path], [200, "/hello"]);
  });
});

describe("what an image says of itself", () => {
  const imageSettings = async () => ({ format: "http-stream", memoryMib: 64, timeoutS: 5 }) as const;

  test("settles what a new route leaves open", async (t) => {
    const { send } = await openRig(t, { imageSettings });
    const { body } = await send("POST", ROUTES, { route: { path: "/hello", image: "hello" } });
    assert.deepEqual(body.route, { ...HELLO, format: "http-stream", memory: 64, timeout: 5 });
  });

  test("yields to what the caller chooses", async (t) => {
    const { send } = await openRig(t, { imageSettings });
    const chosen = { format: "json", memory: 32, timeout: 10 };
    const { body } = await send("PUT", `${ROUTES}/hello`, { route: { image: "hello", ...chosen } });
    assert.deepEqual(body.route, { ...HELLO, ...chosen });
  });

  test("is held to the limits of every route", async (t) => {
    const { send } = await openRig(t, { imageSettings: async () => ({ timeoutS: 121 }) });
    const { body } = await send("POST", ROUTES, { route: { path: "/hello", image: "hello" } });
    assert.equal(body.error?.code, "route_timeout_invalid");
  });

  test("is not asked for a route that is refused anyway", async (t) => {
    const asked: string[] = [];
    const { send } = await openRig(t, {
      imageSettings: async (image) => {
        asked.push(image);
        return {};
      },
    });
    await send("POST", ROUTES, { route: { path: "/hello", image: "hello", memory: 9000 } });
    await send("POST", ROUTES, { route: { path: "/hello", image: "fine" } });
    assert.deepEqual(asked, ["fine"]);
  });
});

describe("API reference 1.2: GET route", () => {
  const cases = [
    { target: "/hello", path: "/hello" },
    { target: "/a/b/c", path: "/a/b/c" },
    { target: "//a//b/../b/c/", path: "/a/b/c" },
    { target: "/%2Fa%2Fb%2Fc", path: "/a/b/c" },
    { target: "/", path: "/" },
    { target: "/caf%C3%A9%3F", path: "/café?" },
    { target: "/50%2525", path: "/50%25" },
  ];
  for (const { target, path } of cases) {
    test(`shows the route ${path} at ${target}`, async (t) => {
      const { send } = await openRig(t);
      await send("POST", ROUTES, { route: { path, image: "hello" } });
      const answer = await send("GET", ROUTES + target);
      assert.deepEqual([answer.status, answer.body.message], [200, "Successfully loaded route"]);
      assert.deepEqual(answer.body.route, { ...HELLO, path });
    });
  }

  test("does not know a route that is not there", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("GET", `${ROUTES}/hello`);
    assert.deepEqual([answer.status, answer.body.error?.code], [404, "route_not_found"]);
  });
});

describe("API reference 1.5: filters of routes", () => {
  test("lists routes by path, page after page, until a page is not full", async (t) => {
    const { send } = await openRig(t);
    for (const path of ["/c", "/", "/b/x"]) await send("POST", ROUTES, { route: { path, image: "hello" } });
    const first = await send("GET", `${ROUTES}?per_page=2`);
    const second = await send("GET", `${ROUTES}?per_page=2&cursor=${first.body.next_cursor}`);
    const pages = [first, second].map(({ body }) => [body.routes?.map(({ path }) => path), body.next_cursor]);
    assert.deepEqual(pages, [
      [["/", "/b/x"], "L2IveA"],
      [["/c"], ""],
    ]);
  });

  test("gives the cursor of a page that may be empty, when this one is full", async (t) => {
    const { send } = await openRig(t);
    await send("POST", ROUTES, { route: { path: "/full", image: "hello" } });
    const { body } = await send("GET", `${ROUTES}?per_page=1`);
    assert.equal(body.next_cursor, "L2Z1bGw");
    const { body: after } = await send("GET", `${ROUTES}?per_page=1&cursor=L2Z1bGw`);
    assert.deepEqual(after, { message: "Successfully listed routes", next_cursor: "", routes: [] });
  });

  test("lists only the routes of an image, if one is named", async (t) => {
    const { send } = await openRig(t);
    await send("POST", ROUTES, { route: { path: "/a", image: "team/a:1" } });
    await send("POST", ROUTES, { route: { path: "/b", image: "team/b:1" } });
    const { body } = await send("GET", `${ROUTES}?image=team%2Fb%3A1`);
    assert.deepEqual(
      body.routes?.map(({ path }) => path),
      ["/b"],
    );
  });

  test("tells an app without routes from one that is not there", async (t) => {
    const { send } = await openRig(t);
    await send("POST", "/v1/apps", { app: { name: "demo" } });
    assert.deepEqual((await send("GET", ROUTES)).body.routes, []);
    const unknown = await send("GET", "/v1/apps/other/routes");
    assert.deepEqual([unknown.status, unknown.body.error?.code], [404, "app_not_found"]);
  });
});

describe("API reference 1.6: PUT route", () => {
  test("creates the route, and the app with it", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("PUT", `${ROUTES}/a/b`, { route: { image: "hello" } });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, {
      message: "Route successfully created",
      route: { ...HELLO, path: "/a/b" },
    });
    assert.equal((await send("GET", "/v1/apps/demo")).status, 200);
  });

  test("changes a route that is there: a merge, no replacement", async (t) => {
    const { send, clock } = await openRig(t);
    await send("PUT", `${ROUTES}/hello`, { route: { image: "hello", memory: 256, config: { A: "1" } } });
    await clock.advance(1000);
    const answer = await send("PUT", `${ROUTES}/hello`, { route: { image: "hello:2", config: { B: "2" } } });
    assert.deepEqual(answer.body, {
      message: "Route successfully updated",
      route: { ...HELLO, image: "hello:2", memory: 256, config: { A: "1", B: "2" }, updated_at: LATER },
    });
  });

  test("addresses the route / by a trailing slash", async (t) => {
    const { send } = await openRig(t);
    const { body } = await send("PUT", `${ROUTES}/`, { route: { image: "hello" } });
    assert.equal(body.route?.path, "/");
  });

  test("sent twice changes nothing the second time", async (t) => {
    const { send, clock } = await openRig(t);
    const route = { image: "hello", cpus: "500m", headers: { "X-One": ["1", "2"] }, config: { A: "1" } };
    const { body: first } = await send("PUT", `${ROUTES}/hello`, { route });
    await clock.advance(1000);
    const { body: second } = await send("PUT", `${ROUTES}/hello`, { route });
    assert.deepEqual(second.route, first.route);
  });

  test("sent by two at the same time succeeds for both", async (t) => {
    const bothAsk = Promise.withResolvers<void>();
    let asking = 0;
    const { send } = await openRig(t, {
      imageSettings: async () => {
        if (++asking === 2) bothAsk.resolve();
        await bothAsk.promise;
        return {};
      },
    });
    const put = () => send("PUT", `${ROUTES}/hello`, { route: { image: "hello" } });
    const answers = await Promise.all([put(), put()]);
    assert.deepEqual(answers.map(({ body }) => body.message).sort(), [
      "Route successfully created",
      "Route successfully updated",
    ]);
  });
});

describe("API reference 1.6: PATCH route", () => {
  test("replaces the settings that it names", async (t) => {
    const { send, clock } = await openRig(t);
    await send("POST", ROUTES, { route: { path: "/hello", image: "hello" } });
    await clock.advance(1000);
    const change = {
      image: "hello:2",
      memory: 256,
      cpus: "250m",
      type: "async",
      format: "json",
      timeout: 600,
      idle_timeout: 90,
    };
    const answer = await send("PATCH", `${ROUTES}/hello`, { route: change });
    assert.deepEqual(answer.body, {
      message: "Route successfully updated",
      route: { ...HELLO, ...change, updated_at: LATER },
    });
    const { body } = await send("GET", `${ROUTES}/hello`);
    assert.deepEqual(body.route, answer.body.route);
  });

  test("leaves what is absent, empty or zero, and the time if nothing changes", async (t) => {
    const { send, clock } = await openRig(t);
    const route = { path: "/hello", image: "hello", memory: 256, cpus: "1000m", timeout: 9, idle_timeout: 8 };
    const { body: created } = await send("POST", ROUTES, { route });
    await clock.advance(1000);
    const zeros = {
      path: "",
      image: "",
      memory: 0,
      cpus: "",
      timeout: 0,
      idle_timeout: 0,
      type: "",
      format: "",
    };
    const { body } = await send("PATCH", `${ROUTES}/hello`, { route: zeros });
    assert.deepEqual(body.route, created.route);
  });

  for (const cpus of ["0", "0m", "0.0"]) {
    test(`takes the limit of cpus off by ${cpus}`, async (t) => {
      const { send } = await openRig(t);
      await send("POST", ROUTES, { route: { path: "/hello", image: "hello", cpus: "500m" } });
      const { body } = await send("PATCH", `${ROUTES}/hello`, { route: { cpus } });
      assert.equal(body.route?.cpus, "");
    });
  }

  test("replaces and removes headers by name, whatever their case", async (t) => {
    const { send } = await openRig(t);
    const headers = { "X-Keep": ["1"], "x-low": ["2"], "X-Gone": ["3"], "X-Null": ["4"] };
    await send("POST", ROUTES, { route: { path: "/hello", image: "hello", headers } });
    const change = { "X-LOW": ["two", "2"], "x-gone": [], "X-Null": null };
    const { body } = await send("PATCH", `${ROUTES}/hello`, { route: { headers: change } });
    assert.deepEqual(body.route?.headers, { "X-Keep": ["1"], "X-LOW": ["two", "2"] });
  });

  test("sets and removes config key by key", async (t) => {
    const { send } = await openRig(t);
    const config = { A: "1", B: "2", C: "3" };
    await send("POST", ROUTES, { route: { path: "/hello", image: "hello", config } });
    const change = { A: "one", B: "", D: "4" };
    const { body } = await send("PATCH", `${ROUTES}/hello`, { route: { config: change } });
    assert.deepEqual(body.route?.config, { A: "one", C: "3", D: "4" });
  });

  test("checks the route as it would become, and leaves it if that is refused", async (t) => {
    const { send } = await openRig(t);
    await send("POST", ROUTES, { route: { path: "/hello", image: "hello", type: "async", timeout: 600 } });
    const answer = await send("PATCH", `${ROUTES}/hello`, { route: { type: "sync", memory: 256 } });
    assert.deepEqual([answer.status, answer.body.error?.code], [400, "route_timeout_invalid"]);
    const { body } = await send("GET", `${ROUTES}/hello`);
    assert.deepEqual(body.route, { ...HELLO, type: "async", timeout: 600 });
  });

  test("accepts the path of the URL in the body", async (t) => {
    const { send } = await openRig(t);
    await send("POST", ROUTES, { route: { path: "/a/b", image: "hello" } });
    const { body } = await send("PATCH", `${ROUTES}/a/b/`, { route: { path: "/a/b", memory: 256 } });
    assert.equal(body.route?.memory, 256);
  });

  for (const app of ["demo", "other"]) {
    test(`creates nothing in the app ${app}, which ${app === "demo" ? "is" : "is not"} there`, async (t) => {
      const { send } = await openRig(t);
      await send("POST", "/v1/apps", { app: { name: "demo" } });
      const answer = await send("PATCH", `/v1/apps/${app}/routes/hello`, { route: { image: "hello" } });
      assert.deepEqual([answer.status, answer.body.error?.code], [404, "route_not_found"]);
    });
  }
});

describe("API reference 1.6: DELETE route", () => {
  for (const path of ["/hello", "/a/b", "/"]) {
    test(`removes the route ${path} and leaves the app`, async (t) => {
      const { send } = await openRig(t);
      await send("POST", ROUTES, { route: { path, image: "hello" } });
      const answer = await send("DELETE", ROUTES + path);
      assert.deepEqual([answer.status, answer.body], [200, { message: "Route deleted" }]);
      assert.deepEqual((await send("GET", ROUTES)).body.routes, []);
    });
  }

  test("does not know a route that is not there", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("DELETE", `${ROUTES}/hello`);
    assert.deepEqual([answer.status, answer.body.error?.code], [404, "route_not_found"]);
  });
});
