import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openRig } from "./rig.suite.ts";

const CREATED = "2018-01-22T10:00:00.000Z";

describe("API reference 8.1: endpoints of v2", () => {
  test("POST /v2/apps creates an app", async (t) => {
    const { send } = await openRig(t);
    const { status, body } = await send("POST", "/v2/apps", { name: "demo", config: { A: "1" } });
    const { id, ...rest } = body;
    assert.equal(status, 200);
    assert.match(id ?? "", /^[0-9A-Z]{26}$/);
    assert.deepEqual(rest, { name: "demo", config: { A: "1" }, created_at: CREATED, updated_at: CREATED });
  });

  test("GET /v2/apps lists apps by name", async (t) => {
    const { send, makeApp } = await openRig(t);
    for (const name of ["b", "a"]) await makeApp(name);
    const { status, body } = await send("GET", "/v2/apps");
    assert.deepEqual([status, body.items?.map(({ name }) => name)], [200, ["a", "b"]]);
  });

  test("GET /v2/apps?name= lists the one of that name", async (t) => {
    const { send, makeApp } = await openRig(t);
    for (const name of ["a", "b"]) await makeApp(name);
    const { body } = await send("GET", "/v2/apps?name=b");
    assert.deepEqual(
      body.items?.map(({ name }) => name),
      ["b"],
    );
    assert.deepEqual((await send("GET", "/v2/apps?name=c")).body, { items: [] });
  });

  test("GET /v2/apps/{id} shows an app", async (t) => {
    const { send } = await openRig(t);
    const { body: made } = await send("POST", "/v2/apps", { name: "demo" });
    const { status, body } = await send("GET", `/v2/apps/${made.id}`);
    assert.deepEqual([status, body], [200, made]);
  });

  test("PUT /v2/apps/{id} changes an app", async (t) => {
    const { send, makeApp, advance } = await openRig(t);
    const id = await makeApp();
    await advance(1000);
    const { status, body } = await send("PUT", `/v2/apps/${id}`, { config: { A: "1" } });
    const updated_at = "2018-01-22T10:00:01.000Z";
    assert.equal(status, 200);
    assert.deepEqual(body, { id, name: "demo", config: { A: "1" }, created_at: CREATED, updated_at });
  });

  test("DELETE /v2/apps/{id} removes an app with all that is in it, and answers 204 without a body", async (t) => {
    const { send, makeApp, makeFn, makeTrigger } = await openRig(t);
    const app = await makeApp();
    const fn = await makeFn(app);
    const trigger = await makeTrigger(app, fn);
    const { status, text } = await send("DELETE", `/v2/apps/${app}`);
    assert.deepEqual([status, text], [204, ""]);
    for (const target of [`/v2/apps/${app}`, `/v2/fns/${fn}`, `/v2/triggers/${trigger}`]) {
      assert.equal((await send("GET", target)).status, 404);
    }
  });

  test("POST /v2/fns creates a fn", async (t) => {
    const { send, makeApp } = await openRig(t);
    const app_id = await makeApp();
    const { status, body } = await send("POST", "/v2/fns", { app_id, name: "hello", image: "me/hello:1" });
    assert.equal(status, 200);
    assert.deepEqual([body.app_id, body.name, body.image], [app_id, "hello", "me/hello:1"]);
  });

  test("GET /v2/fns?app_id= lists the fns of an app by name", async (t) => {
    const { send, makeApp, makeFn } = await openRig(t);
    const [one, other] = [await makeApp("one"), await makeApp("other")];
    for (const name of ["b", "a"]) await makeFn(one, name);
    await makeFn(other, "c");
    const { status, body } = await send("GET", `/v2/fns?app_id=${one}`);
    assert.deepEqual([status, body.items?.map(({ name }) => name)], [200, ["a", "b"]]);
  });

  test("GET /v2/fns?app_id=&name= lists the one of that name", async (t) => {
    const { send, makeApp, makeFn } = await openRig(t);
    const app = await makeApp();
    for (const name of ["a", "b"]) await makeFn(app, name);
    const { body } = await send("GET", `/v2/fns?app_id=${app}&name=b`);
    assert.deepEqual(
      body.items?.map(({ name }) => name),
      ["b"],
    );
  });

  test("GET /v2/fns/{id} shows a fn", async (t) => {
    const { send, makeApp, makeFn } = await openRig(t);
    const id = await makeFn(await makeApp());
    const { status, body } = await send("GET", `/v2/fns/${id}`);
    assert.deepEqual([status, body.id], [200, id]);
  });

  test("PUT /v2/fns/{id} changes a fn", async (t) => {
    const { send, makeApp, makeFn } = await openRig(t);
    const id = await makeFn(await makeApp());
    const { status, body } = await send("PUT", `/v2/fns/${id}`, { memory: 256 });
    assert.deepEqual([status, body.memory, body.image], [200, 256, "i"]);
  });

  test("DELETE /v2/fns/{id} removes a fn with its triggers", async (t) => {
    const { send, makeApp, makeFn, makeTrigger } = await openRig(t);
    const app = await makeApp();
    const fn = await makeFn(app);
    const trigger = await makeTrigger(app, fn);
    const { status, text } = await send("DELETE", `/v2/fns/${fn}`);
    assert.deepEqual([status, text], [204, ""]);
    assert.equal((await send("GET", `/v2/triggers/${trigger}`)).status, 404);
  });

  test("POST /v2/triggers creates a trigger", async (t) => {
    const { send, makeApp, makeFn } = await openRig(t);
    const app_id = await makeApp();
    const trigger = { app_id, fn_id: await makeFn(app_id), name: "hi", type: "http", source: "/hi" };
    const { status, body } = await send("POST", "/v2/triggers", trigger);
    const { id, annotations, ...rest } = body;
    assert.equal(status, 200);
    assert.match(id ?? "", /^[0-9A-Z]{26}$/);
    assert.deepEqual(rest, { ...trigger, created_at: CREATED, updated_at: CREATED });
  });

  test("GET /v2/triggers?app_id= lists the triggers of an app by name", async (t) => {
    const { send, makeApp, makeFn, makeTrigger } = await openRig(t);
    const app = await makeApp();
    const fn = await makeFn(app);
    for (const source of ["/b", "/a"]) await makeTrigger(app, fn, source);
    const { status, body } = await send("GET", `/v2/triggers?app_id=${app}`);
    assert.deepEqual([status, body.items?.map(({ name }) => name)], [200, ["a", "b"]]);
  });

  test("GET /v2/triggers?app_id=&fn_id=&name= lists those that fit", async (t) => {
    const { send, makeApp, makeFn, makeTrigger } = await openRig(t);
    const app = await makeApp();
    const [one, other] = [await makeFn(app, "one"), await makeFn(app, "other")];
    await makeTrigger(app, one, "/a");
    await makeTrigger(app, other, "/b");
    await makeTrigger(app, other, "/c");
    const names = async (query: string) =>
      (await send("GET", `/v2/triggers?app_id=${app}&${query}`)).body.items?.map(({ name }) => name);
    assert.deepEqual(await names(`fn_id=${other}`), ["b", "c"]);
    assert.deepEqual(await names("name=a"), ["a"]);
    assert.deepEqual(await names(`fn_id=${other}&name=a`), []);
  });

  test("GET /v2/triggers/{id} shows a trigger", async (t) => {
    const { send, makeApp, makeFn, makeTrigger } = await openRig(t);
    const app = await makeApp();
    const id = await makeTrigger(app, await makeFn(app));
    const { status, body } = await send("GET", `/v2/triggers/${id}`);
    assert.deepEqual([status, body.id, body.source], [200, id, "/hi"]);
  });

  test("PUT /v2/triggers/{id} changes a trigger", async (t) => {
    const { send, makeApp, makeFn, makeTrigger } = await openRig(t);
    const app = await makeApp();
    const id = await makeTrigger(app, await makeFn(app));
    const { status, body } = await send("PUT", `/v2/triggers/${id}`, { source: "/there" });
    assert.deepEqual([status, body.source, body.name], [200, "/there", "hi"]);
  });

  test("DELETE /v2/triggers/{id} removes a trigger, and leaves its fn", async (t) => {
    const { send, makeApp, makeFn, makeTrigger } = await openRig(t);
    const app = await makeApp();
    const fn = await makeFn(app);
    const id = await makeTrigger(app, fn);
    const { status, text } = await send("DELETE", `/v2/triggers/${id}`);
    assert.deepEqual([status, text], [204, ""]);
    assert.equal((await send("GET", `/v2/fns/${fn}`)).status, 200);
  });

  for (const written of ["z/y", "/z/y", "%2Fz%2Fy"]) {
    test(`GET /v2/runner/apps/{app_id}/triggerBySource/http/${written} finds the source /z/y`, async (t) => {
      const { send, makeApp, makeFn } = await openRig(t);
      const app_id = await makeApp();
      const trigger = { app_id, fn_id: await makeFn(app_id), name: "zy", type: "http", source: "/z/y" };
      const { body: made } = await send("POST", "/v2/triggers", trigger);
      const { status, body } = await send("GET", `/v2/runner/apps/${app_id}/triggerBySource/http/${written}`);
      assert.deepEqual([status, body], [200, made]);
    });
  }

  for (const [source, written] of [
    ["/", ""],
    ["/z/", "z/"],
  ] as const) {
    test(`GET .../triggerBySource/http/${written} finds the source ${source}`, async (t) => {
      const { send, makeApp, makeFn } = await openRig(t);
      const app_id = await makeApp();
      const trigger = { app_id, fn_id: await makeFn(app_id), name: "z", type: "http", source };
      await send("POST", "/v2/triggers", trigger);
      const { body } = await send("GET", `/v2/runner/apps/${app_id}/triggerBySource/http/${written}`);
      assert.equal(body.source, source);
    });
  }

  for (const { type, source } of [
    { type: "http", source: "z" },
    { type: "timer", source: "hi" },
  ]) {
    test(`GET .../triggerBySource/${type}/${source} is 404 when there is none`, async (t) => {
      const { send, makeApp, makeFn, makeTrigger } = await openRig(t);
      const app = await makeApp();
      await makeTrigger(app, await makeFn(app), "/hi");
      const { status, body } = await send("GET", `/v2/runner/apps/${app}/triggerBySource/${type}/${source}`);
      assert.deepEqual([status, body.code], [404, "trigger_not_found"]);
    });
  }

  for (const target of ["/v2/fns/F/calls", "/v2/fns/F/calls/C", "/v2/fns/F/calls/C/log"]) {
    test(`GET ${target} is 410 without a body`, async (t) => {
      const { send } = await openRig(t);
      const { status, text } = await send("GET", target);
      assert.deepEqual([status, text], [410, ""]);
    });
  }
});
