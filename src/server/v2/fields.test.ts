import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sealForTests } from "../v1/rig.suite.ts";
import { type Body, openRig, type Rig } from "./rig.suite.ts";

const CREATED = "2018-01-22T10:00:00.000Z";

describe("API reference 8.2: fields of an app", () => {
  test("shows what was sent, and no secrets but their names", async (t) => {
    const { send } = await openRig(t);
    const app = {
      name: "demo",
      config: { A: "1" },
      annotations: { "me/note": { deep: [1, null, "x"] } },
      syslog_url: "tcp://logs.test:514",
      shape: "GENERIC_ARM",
    };
    const { body } = await send("POST", "/v2/apps", { ...app, secrets: { B: "2", A: "1" } });
    const { id, ...rest } = body;
    assert.deepEqual(rest, { ...app, secret_names: ["A", "B"], created_at: CREATED, updated_at: CREATED });
  });

  test("leaves out what is empty", async (t) => {
    const { send } = await openRig(t);
    const { body } = await send("POST", "/v2/apps", { name: "demo", config: {}, annotations: {} });
    assert.deepEqual(Object.keys(body), ["id", "name", "created_at", "updated_at"]);
  });

  test("keeps secrets sealed only", async (t) => {
    const { send, store } = await openRig(t);
    const { body } = await send("POST", "/v2/apps", { name: "demo", secrets: { KEY: "plain" } });
    const app = await store.apps.get({ id: body.id ?? "" });
    assert.deepEqual(app?.secrets, sealForTests({ KEY: "plain" }));
  });

  for (const name of ["a".repeat(255), "Ä_-9", "Ⅷ"]) {
    test(`may be called ${name.slice(0, 20)}`, async (t) => {
      const { send } = await openRig(t);
      assert.equal((await send("POST", "/v2/apps", { name })).body.name, name);
    });
  }
});

describe("API reference 8.2: fields of a fn", () => {
  test("are open but for app, name and image", async (t) => {
    const { body } = await newFn(t, {});
    const { id, app_id, annotations, ...rest } = body;
    assert.deepEqual(rest, {
      name: "hello",
      image: "i",
      memory: 128,
      timeout: 30,
      idle_timeout: 30,
      config: {},
      format: "http-stream",
      type: "sync",
      created_at: CREATED,
      updated_at: CREATED,
    });
  });

  const chosen: readonly Body[] = [
    { memory: 1 },
    { memory: 8192 },
    { timeout: 1 },
    { timeout: 300 },
    { idle_timeout: 1 },
    { idle_timeout: 3600 },
    { config: { A: "1", EMPTY: "" } },
    { shape: "GENERIC_X86_ARM" },
    { format: "json" },
    { type: "async" },
    { cpus: "500m" },
    { retries: 3, retry_delay: 20 },
    { name: "a~b.c" },
  ];
  for (const fields of chosen) {
    test(`may be ${JSON.stringify(fields)}`, async (t) => {
      const { body } = await newFn(t, fields);
      assert.deepEqual(Object.fromEntries(Object.keys(fields).map((name) => [name, body[name]])), fields);
    });
  }

  for (const name of ["memory", "timeout", "idle_timeout"]) {
    test(`of ${name} 0 is open`, async (t) => {
      const { body } = await newFn(t, { [name]: 0 });
      assert.equal(body[name], name === "memory" ? 128 : 30);
    });
  }

  test("open ones are those that the image says of itself", async (t) => {
    const imageSettings = async () => ({ format: "json" as const, memoryMib: 64, timeoutS: 7 });
    const rig = await openRig(t, { imageSettings });
    const app_id = await rig.makeApp();
    const { body } = await rig.send("POST", "/v2/fns", { app_id, name: "hello", image: "i", timeout: 9 });
    assert.deepEqual([body.format, body.memory, body.timeout], ["json", 64, 9]);
  });

  test("show no secrets but their names", async (t) => {
    const { body } = await newFn(t, { secrets: { KEY: "plain" } });
    assert.deepEqual([body.secret_names, body.secrets], [["KEY"], undefined]);
  });

  test("say where it is called", async (t) => {
    const { body } = await newFn(t, { annotations: { note: 1 } });
    assert.deepEqual(body.annotations, {
      note: 1,
      "fnproject.io/fn/invokeEndpoint": `http://fn.test/invoke/${body.id}`,
    });
  });
});

describe("API reference 8.2: fields of a trigger", () => {
  test("are those that were sent, and where it is called", async (t) => {
    const { send, makeApp, makeFn } = await openRig(t);
    const app_id = await makeApp();
    const fields = { app_id, fn_id: await makeFn(app_id), name: "hi", type: "http", source: "/hi/there" };
    const { body } = await send("POST", "/v2/triggers", { ...fields, annotations: { note: [] } });
    assert.deepEqual(body, {
      id: body.id,
      ...fields,
      annotations: { note: [], "fnproject.io/trigger/httpEndpoint": "http://fn.test/t/demo/hi/there" },
      created_at: CREATED,
      updated_at: CREATED,
    });
  });
});

describe("API reference 8.2: the URLs of endpoints", () => {
  test("are those of the public URL, with or without a slash at its end", async (t) => {
    const { send, makeApp, makeFn } = await openRig(t, { publicUrl: "https://fn.example.com/base/" });
    const id = await makeFn(await makeApp());
    const { body } = await send("GET", `/v2/fns/${id}`);
    assert.deepEqual(Object.values(body.annotations ?? {}), [`https://fn.example.com/base/invoke/${id}`]);
  });

  test("are those of the Host that the caller named, without a public URL", async (t) => {
    const { send, makeApp, makeFn } = await openRig(t, { publicUrl: undefined });
    const id = await makeFn(await makeApp());
    const { body } = await send("GET", `/v2/fns/${id}`, undefined, { host: "my.fn:8080" });
    assert.deepEqual(Object.values(body.annotations ?? {}), [`http://my.fn:8080/invoke/${id}`]);
  });

  test("lead to the source whatever it is made of", async (t) => {
    const { send, makeApp, makeFn } = await openRig(t);
    const app_id = await makeApp("Ä");
    const trigger = {
      app_id,
      fn_id: await makeFn(app_id),
      name: "odd",
      type: "http",
      source: "/a b/%41?x#y",
    };
    const { body } = await send("POST", "/v2/triggers", trigger);
    const [url = ""] = Object.values(body.annotations ?? {}).map(String);
    assert.equal(url, "http://fn.test/t/%C3%84/a%20b/%2541%3Fx%23y");
    assert.equal(decodeURIComponent(new URL(url).pathname), "/t/Ä/a b/%41?x#y");
  });

  test("are in lists, too", async (t) => {
    const { send, makeApp, makeFn, makeTrigger } = await openRig(t);
    const app = await makeApp();
    await makeTrigger(app, await makeFn(app));
    for (const list of ["fns", "triggers"]) {
      const { body } = await send("GET", `/v2/${list}?app_id=${app}`);
      assert.equal(Object.keys(body.items?.[0]?.annotations ?? {}).length, 1);
    }
  });

  test("are not stored when a client sends back what it was shown", async (t) => {
    const { send, store, makeApp, makeFn } = await openRig(t);
    const id = await makeFn(await makeApp());
    const { body } = await send("GET", `/v2/fns/${id}`);
    await send("PUT", `/v2/fns/${id}`, body);
    assert.deepEqual((await store.fns.get(id))?.fn.annotations, {});
  });
});

describe("API reference 8.2: annotations", () => {
  const things = async (rig: Rig) => {
    const app = await rig.makeApp();
    const fn = await rig.makeFn(app);
    return [`/v2/apps/${app}`, `/v2/fns/${fn}`, `/v2/triggers/${await rig.makeTrigger(app, fn)}`];
  };
  const own = (body: Body) =>
    Object.fromEntries(
      Object.entries(body.annotations ?? {}).filter(([key]) => !key.startsWith("fnproject.io/")),
    );

  test("are any JSON by key, on apps, fns and triggers", async (t) => {
    const rig = await openRig(t);
    const annotations = { text: "x", number: 1, no: false, list: [null, {}], Map: { UPPER: { lower: 1 } } };
    for (const target of await things(rig)) {
      assert.deepEqual(own((await rig.send("PUT", target, { annotations })).body), annotations);
    }
  });

  for (const empty of ["", null]) {
    test(`go with ${JSON.stringify(empty)}`, async (t) => {
      const rig = await openRig(t);
      for (const target of await things(rig)) {
        await rig.send("PUT", target, { annotations: { going: 1, staying: 2 } });
        const { body } = await rig.send("PUT", target, { annotations: { going: empty, none: empty } });
        assert.deepEqual(own(body), { staying: 2 });
      }
    });
  }

  test("are at most 100", async (t) => {
    const rig = await openRig(t);
    const annotations = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`key${index}`, index]));
    for (const target of await things(rig)) {
      assert.equal((await rig.send("PUT", target, { annotations })).status, 200);
      const { status, body } = await rig.send("PUT", target, { annotations: { more: 1 } });
      assert.deepEqual([status, body.code], [400, "annotations_too_many"]);
    }
  });

  const refused = [
    { annotations: { "": 1 }, code: "annotation_key_invalid" },
    { annotations: { "a b": 1 }, code: "annotation_key_invalid" },
    { annotations: { ä: 1 }, code: "annotation_key_invalid" },
    { annotations: { ["k".repeat(129)]: 1 }, code: "annotation_key_too_long" },
    { annotations: { key: "v".repeat(511) }, code: "annotation_value_too_long" },
  ];
  for (const { annotations, code } of refused) {
    test(`may not be ${JSON.stringify(annotations).slice(0, 30)}`, async (t) => {
      const rig = await openRig(t);
      for (const target of await things(rig)) {
        const { status, body } = await rig.send("PUT", target, { annotations });
        assert.deepEqual([status, body.code], [400, code]);
      }
    });
  }

  test("may have a key of 128 bytes and a value of 512", async (t) => {
    const rig = await openRig(t);
    const annotations = { ["k".repeat(128)]: "v".repeat(510) };
    for (const target of await things(rig)) {
      assert.deepEqual(own((await rig.send("PUT", target, { annotations })).body), annotations);
    }
  });
});

async function newFn(t: Parameters<typeof openRig>[0], fields: Body) {
  const { send, makeApp } = await openRig(t);
  return send("POST", "/v2/fns", { app_id: await makeApp(), name: "hello", image: "i", ...fields });
}
