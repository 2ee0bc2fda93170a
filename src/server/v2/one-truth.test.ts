import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openRig, type Rig } from "./rig.suite.ts";

describe("what is made through v1 is seen through v2", () => {
  test("an app, by its id", async (t) => {
    const { send } = await openRig(t);
    await send("POST", "/v1/apps", { app: { name: "demo", config: { A: "1" } } });
    const { body } = await send("GET", "/v2/apps?name=demo");
    assert.deepEqual([body.items?.length, body.items?.[0]?.config], [1, { A: "1" }]);
  });

  test("a route, as a fn of its path's name and a trigger of its path", async (t) => {
    const rig = await openRig(t);
    const { fn, trigger } = await makeRoute(rig, {
      path: "/a/b",
      image: "i",
      memory: 64,
      config: { A: "1" },
    });
    assert.deepEqual([fn?.name, fn?.image, fn?.memory, fn?.config], ["/a/b", "i", 64, { A: "1" }]);
    assert.deepEqual(
      [trigger?.name, trigger?.source, trigger?.type, trigger?.fn_id],
      ["/a/b", "/a/b", "http", fn?.id],
    );
  });

  test("a route's format and type, by which it can be told from a fn of today", async (t) => {
    const { fn } = await makeRoute(await openRig(t), { path: "/a", image: "i", type: "async" });
    assert.deepEqual([fn?.format, fn?.type], ["default", "async"]);
  });

  test("a route that is changed, in both", async (t) => {
    const rig = await openRig(t);
    const { fn } = await makeRoute(rig, { path: "/a", image: "i" });
    await rig.send("PATCH", "/v1/apps/demo/routes/a", { route: { image: "j", timeout: 9 } });
    const { body } = await rig.send("GET", `/v2/fns/${fn?.id}`);
    assert.deepEqual([body.image, body.timeout], ["j", 9]);
  });

  test("a route that is removed, by neither", async (t) => {
    const rig = await openRig(t);
    const { fn, trigger } = await makeRoute(rig, { path: "/a", image: "i" });
    await rig.send("DELETE", "/v1/apps/demo/routes/a");
    assert.equal((await rig.send("GET", `/v2/fns/${fn?.id}`)).status, 404);
    assert.equal((await rig.send("GET", `/v2/triggers/${trigger?.id}`)).status, 404);
  });

  test("a route whose timeout v2 would not give can be changed in other ways", async (t) => {
    const rig = await openRig(t);
    const { fn } = await makeRoute(rig, { path: "/a", image: "i", type: "async", timeout: 3600 });
    const { status, body } = await rig.send("PUT", `/v2/fns/${fn?.id}`, { memory: 64 });
    assert.deepEqual([status, body.memory, body.timeout], [200, 64, 3600]);
  });
});

describe("what is made through v2 is seen through v1", () => {
  test("an app, by its name", async (t) => {
    const rig = await openRig(t);
    await rig.makeApp();
    const { body } = await rig.send("GET", "/v1/apps/demo");
    assert.equal(Object(body.app).name, "demo");
  });

  test("a fn with a trigger, as a route of its source", async (t) => {
    const rig = await openRig(t);
    const app = await rig.makeApp();
    await rig.makeTrigger(app, await rig.makeFn(app), "/hi");
    const { status, body } = await rig.send("GET", "/v1/apps/demo/routes/hi");
    const { path, image, format, type } = Object(body.route);
    assert.deepEqual([status, path, image, format, type], [200, "/hi", "i", "http-stream", "sync"]);
  });

  test("a fn with two triggers, as two routes", async (t) => {
    const rig = await openRig(t);
    const app = await rig.makeApp();
    const fn = await rig.makeFn(app);
    for (const source of ["/a", "/b"]) await rig.makeTrigger(app, fn, source);
    assert.deepEqual(await pathsOf(rig), ["/a", "/b"]);
  });

  test("a fn without a trigger, as no route", async (t) => {
    const rig = await openRig(t);
    await rig.makeFn(await rig.makeApp());
    assert.deepEqual(await pathsOf(rig), []);
  });

  test("a change of the fn, in its route", async (t) => {
    const rig = await openRig(t);
    const { fn } = await makeRoute(rig, { path: "/a", image: "i" });
    await rig.send("PUT", `/v2/fns/${fn?.id}`, { memory: 64 });
    const { body } = await rig.send("GET", "/v1/apps/demo/routes/a");
    assert.equal(Object(body.route).memory, 64);
  });

  test("a trigger that moves, as a route of its new path", async (t) => {
    const rig = await openRig(t);
    const { trigger } = await makeRoute(rig, { path: "/a", image: "i" });
    await rig.send("PUT", `/v2/triggers/${trigger?.id}`, { source: "/b" });
    assert.deepEqual(await pathsOf(rig), ["/b"]);
  });

  test("a trigger that is removed, as no route; the fn stays", async (t) => {
    const rig = await openRig(t);
    const { fn, trigger } = await makeRoute(rig, { path: "/a", image: "i" });
    await rig.send("DELETE", `/v2/triggers/${trigger?.id}`);
    assert.deepEqual(await pathsOf(rig), []);
    assert.equal((await rig.send("GET", `/v2/fns/${fn?.id}`)).status, 200);
  });

  test("a route that is removed leaves a fn that another trigger leads to", async (t) => {
    const rig = await openRig(t);
    const app = await rig.makeApp();
    const fn = await rig.makeFn(app);
    for (const source of ["/a", "/b"]) await rig.makeTrigger(app, fn, source);
    await rig.send("DELETE", "/v1/apps/demo/routes/a");
    assert.equal((await rig.send("GET", `/v2/fns/${fn}`)).status, 200);
    await rig.send("DELETE", "/v1/apps/demo/routes/b");
    assert.equal((await rig.send("GET", `/v2/fns/${fn}`)).status, 404);
  });
});

/** A route of the app `demo`, as v2 shows it. */
async function makeRoute({ send }: Rig, route: Readonly<Record<string, unknown>>) {
  const made = await send("POST", "/v1/apps/demo/routes", { route });
  assert.equal(made.status, 200, made.text);
  const app = (await send("GET", "/v2/apps?name=demo")).body.items?.[0]?.id;
  const [fn] = (await send("GET", `/v2/fns?app_id=${app}`)).body.items ?? [];
  const [trigger] = (await send("GET", `/v2/triggers?app_id=${app}`)).body.items ?? [];
  return { fn, trigger };
}

async function pathsOf({ send }: Rig): Promise<unknown[]> {
  const { routes } = (await send("GET", "/v1/apps/demo/routes")).body;
  return Object(routes).map(({ path }: { path: string }) => path);
}
