import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openRig, type Rig } from "./rig.suite.ts";

describe("API reference 8.2: PUT merges", () => {
  test("config: a text sets a key, an empty one removes it, others stay", async (t) => {
    const rig = await openRig(t);
    const { app, fn } = await makeAll(rig);
    for (const target of [app, fn]) {
      await rig.send("PUT", target, { config: { A: "1", B: "2", C: "3" } });
      const { body } = await rig.send("PUT", target, { config: { A: "one", B: "", C: null } });
      // As in Fn, null is the empty value inside of a map.
      assert.deepEqual(body.config, { A: "one" });
    }
  });

  test("secrets: as config", async (t) => {
    const rig = await openRig(t);
    const { app, fn } = await makeAll(rig);
    for (const target of [app, fn]) {
      await rig.send("PUT", target, { secrets: { A: "1", B: "2" } });
      const { body } = await rig.send("PUT", target, { secrets: { B: "", C: "3" } });
      assert.deepEqual(body.secret_names, ["A", "C"]);
    }
  });

  test("the rest of a fn: what is absent, empty, zero or null stays", async (t) => {
    const rig = await openRig(t);
    const { fn } = await makeAll(rig);
    const { body: before } = await rig.send("PUT", fn, { memory: 64, timeout: 9, idle_timeout: 8 });
    const change = { image: "", memory: 0, timeout: 0, idle_timeout: null, format: "", type: null };
    assert.deepEqual((await rig.send("PUT", fn, change)).body, before);
  });

  test("a trigger leads to another function of its app from then on, and to none of another", async (t) => {
    const rig = await openRig(t);
    const { trigger } = await makeAll(rig);
    const { body: before } = await rig.send("GET", trigger);
    const image = "some/image:1";
    const next = { app_id: before.app_id, name: "next", image };
    const { body: fn } = await rig.send("POST", "/v2/fns", next);
    assert.equal((await rig.send("PUT", trigger, { fn_id: fn.id })).body.fn_id, fn.id);
    const { body: app } = await rig.send("POST", "/v2/apps", { name: "elsewhere" });
    const { body: foreign } = await rig.send("POST", "/v2/fns", { ...next, app_id: app.id });
    assert.equal((await rig.send("PUT", trigger, { fn_id: foreign.id })).body.code, "trigger_fn_foreign");
    assert.equal((await rig.send("PUT", trigger, { fn_id: "none" })).body.code, "fn_not_found");
  });

  test("an empty syslog_url clears it", async (t) => {
    const rig = await openRig(t);
    const { app } = await makeAll(rig);
    await rig.send("PUT", app, { syslog_url: "udp://logs.test:514" });
    assert.equal((await rig.send("PUT", app, {})).body.syslog_url, "udp://logs.test:514");
    assert.equal((await rig.send("PUT", app, { syslog_url: "" })).body.syslog_url, undefined);
  });

  test("a limit of cpus comes off with 0", async (t) => {
    const rig = await openRig(t);
    const { fn } = await makeAll(rig);
    assert.equal((await rig.send("PUT", fn, { cpus: "0.5" })).body.cpus, "500m");
    assert.equal((await rig.send("PUT", fn, { cpus: "0" })).body.cpus, undefined);
  });

  test("what changes nothing moves no time", async (t) => {
    const rig = await openRig(t);
    for (const target of Object.values(await makeAll(rig))) {
      const { body: before } = await rig.send("GET", target);
      await rig.advance(1000);
      const { body } = await rig.send("PUT", target, before);
      assert.deepEqual(body, before);
    }
  });

  test("a refused change changes nothing", async (t) => {
    const rig = await openRig(t);
    const { fn } = await makeAll(rig);
    const { body: before } = await rig.send("GET", fn);
    assert.equal((await rig.send("PUT", fn, { memory: 256, timeout: 301 })).status, 400);
    assert.deepEqual((await rig.send("GET", fn)).body, before);
  });
});

describe("API reference 8.2: what never changes", () => {
  test("an app's name: another one is 409", async (t) => {
    const rig = await openRig(t);
    const { app } = await makeAll(rig);
    const { status, body } = await rig.send("PUT", app, { name: "other" });
    assert.deepEqual(
      [status, body.message, body.code],
      [409, "Could not update - name is immutable", "app_name_immutable"],
    );
    assert.equal((await rig.send("PUT", app, { name: "demo" })).status, 200);
  });

  for (const { thing, change } of [
    { thing: "fn", change: { name: "other", app_id: "other" } },
    { thing: "trigger", change: { type: "timer", app_id: "other" } },
  ] as const) {
    test(`a ${thing}'s ${Object.keys(change).join(", ")}: others are passed over`, async (t) => {
      const rig = await openRig(t);
      const target = (await makeAll(rig))[thing];
      const { body: before } = await rig.send("GET", target);
      const { status, body } = await rig.send("PUT", target, change);
      assert.deepEqual([status, body], [200, before]);
    });
  }

  for (const { thing, message } of [
    { thing: "app", message: "App ID in path does not match ID in body" },
    { thing: "fn", message: "Fn ID in path does not match that in body" },
    { thing: "trigger", message: "ID in path does not match ID in body" },
  ] as const) {
    test(`the id of a ${thing}: another one is 400, in one object`, async (t) => {
      const rig = await openRig(t);
      const target = (await makeAll(rig))[thing];
      const { status, text } = await rig.send("PUT", target, { id: "other" });
      assert.deepEqual([status, JSON.parse(text).message], [400, message]);
    });

    test(`the id of a ${thing} may be repeated`, async (t) => {
      const rig = await openRig(t);
      const target = (await makeAll(rig))[thing];
      assert.equal((await rig.send("PUT", target, { id: target.split("/").at(-1) })).status, 200);
    });
  }
});

/** An app, a fn and a trigger, by the targets that they have. */
async function makeAll({ makeApp, makeFn, makeTrigger }: Rig) {
  const app = await makeApp();
  const fn = await makeFn(app);
  const trigger = await makeTrigger(app, fn);
  return { app: `/v2/apps/${app}`, fn: `/v2/fns/${fn}`, trigger: `/v2/triggers/${trigger}` };
}
