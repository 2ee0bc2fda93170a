import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { FnError } from "../../model/errors.ts";
import { type Body, openRig, type Rig } from "./rig.suite.ts";

const LONG = "a".repeat(256);

/** One for all that is refused, as that changes nothing: an app, a fn and a trigger that are there already. */
const rig = await openRig({ after });
const app_id = await rig.makeApp("there");
const fn_id = await rig.makeFn(app_id, "there");
await rig.makeTrigger(app_id, fn_id, "/there");
const { send } = rig;

describe("API reference 8.3: errors of v2", () => {
  test("are flat, with our code and what exactly was wrong beside the message", async () => {
    const { status, headers, text } = await send("POST", "/v2/apps", '{"name":1}');
    assert.equal(status, 400);
    assert.equal(headers["content-type"], "application/json; charset=utf-8");
    assert.equal(text, '{"message":"Invalid JSON","code":"invalid_json","fields":"name must be string"}\n');
  });

  for (const body of ["", "{", "[]", "null", '{"name":1}', '{"config":{"A":1}}', '{"annotations":[]}']) {
    test(`a body of ${body || "nothing"}: Invalid JSON`, async () => {
      const { status, body: answer } = await send("POST", "/v2/apps", body);
      assert.deepEqual([status, answer.message], [400, "Invalid JSON"]);
    });
  }

  test("a body nested too deep: Invalid JSON", async () => {
    const deep = `{"name":"a","annotations":{"x":${"[".repeat(10_000)}${"]".repeat(10_000)}}}`;
    const { status, body } = await send("POST", "/v2/apps", deep);
    assert.deepEqual([status, body.message], [400, "Invalid JSON"]);
  });

  test("a body too large: 413", async (t) => {
    const { send } = await openRig(t, { bodyBytesMax: 10 });
    const { status, body } = await send("POST", "/v2/apps", { name: "long enough" });
    assert.deepEqual([status, body.code], [413, "body_too_large"]);
  });

  test("a target that cannot be decoded: 400, flat", async () => {
    for (const target of ["/v2/apps/%zz", "/v2/apps/%00"]) {
      const { status, body } = await send("GET", target);
      assert.deepEqual([status, body.code], [400, "url_malformed"]);
    }
  });

  test("a failure of the node itself: 500, without its detail", async (t) => {
    const imageSettings = async () => {
      throw new Error("disk on fire");
    };
    const rig = await openRig(t, { imageSettings });
    const app_id = await rig.makeApp();
    const { status, text } = await rig.send("POST", "/v2/fns", { app_id, name: "f", image: "i" });
    assert.deepEqual([status, text], [500, '{"message":"internal server error","code":"internal"}\n']);
  });
});

describe("API reference 8.3: paths and methods of v2", () => {
  for (const { method, target } of [
    { method: "GET", target: "/v2" },
    { method: "GET", target: "/v2/nothing" },
    { method: "POST", target: "/v2/apps/A/B" },
    { method: "PROPFIND", target: "/v2/nothing" },
    { method: "GET", target: "/v2/caf%C3%A9" },
  ]) {
    test(`${method} ${target}: 404 Path not found`, async () => {
      const { status, body } = await send(method, target);
      const path = decodeURIComponent(target);
      assert.deepEqual([status, body.message], [404, `Path not found: ${method} ${path}`]);
    });
  }

  for (const { method, target, allow } of [
    { method: "PATCH", target: "/v2/apps", allow: "GET, POST" },
    { method: "POST", target: "/v2/apps/A", allow: "GET, PUT, DELETE" },
    { method: "DELETE", target: "/v2/fns", allow: "GET, POST" },
    { method: "PATCH", target: "/v2/triggers/T", allow: "GET, PUT, DELETE" },
    { method: "PUT", target: "/v2/fns/F/calls", allow: "GET" },
    { method: "OPTIONS", target: "/v2/apps", allow: "GET, POST" },
    { method: "PROPFIND", target: "/v2/apps", allow: "GET, POST" },
  ]) {
    test(`${method} ${target}: 405 Method not allowed, with the methods that are`, async () => {
      const { status, body, headers } = await send(method, target);
      assert.deepEqual([status, body.message], [405, `Method not allowed: ${method} ${target}`]);
      assert.equal(headers.allow, allow);
    });
  }

  test("no body is looked at where there is no endpoint", async (t) => {
    const { send } = await openRig(t, { bodyBytesMax: 10 });
    assert.equal((await send("POST", "/v2/nothing", "{".repeat(100))).status, 404);
    assert.equal((await send("PATCH", "/v2/apps", "{".repeat(100))).status, 405);
  });
});

describe("API reference 8.3: texts about apps", () => {
  const create: readonly Refusal[] = [
    [{ id: "X", name: "a" }, 400, "App ID cannot be supplied on create"],
    [{}, 400, "Missing Name"],
    [{ name: "" }, 400, "Missing Name"],
    [{ name: LONG }, 400, "App name must be 255 characters or less"],
    [{ name: "a.b" }, 400, "Invalid app name"],
    [{ name: "a/b" }, 400, "Invalid app name"],
    [{ name: "a", shape: "ROUND" }, 400, "Invalid app shape"],
    [
      { name: "a", syslog_url: "http://logs.test" },
      400,
      'invalid syslog url: "http://logs.test" invalid scheme, only [tcp, udp, unix, unixgram, tcp+tls] are supported',
    ],
    [{ name: "there" }, 409, "App already exists"],
  ];
  for (const [body, status, message] of create) {
    test(`${shown(body)}: ${status} ${message}`, async () => {
      await assertRefused(["POST", "/v2/apps", body], status, message);
      assert.equal((await send("GET", "/v2/apps")).body.items?.length, 1);
    });
  }

  for (const method of ["GET", "PUT", "DELETE"]) {
    test(`${method} of none: 404 App not found`, async () => {
      await assertRefused([method, "/v2/apps/none", method === "PUT" ? {} : undefined], 404, "App not found");
    });
  }
});

describe("API reference 8.3: texts about fns", () => {
  const create: readonly Refusal[] = [
    [{ id: "X" }, 400, "ID cannot be provided for Fn creation"],
    [{ app_id: "" }, 400, "Missing AppID on Fn"],
    [{ name: "" }, 400, "Missing Fn name"],
    [{ name: LONG }, 400, "Fn name must be 255 characters or less"],
    [{ name: "a b" }, 400, "name must be a valid string"],
    [{ name: ".." }, 400, "name must be a valid string"],
    [{ image: "" }, 400, "Missing image on Fn"],
    [{ format: "xml" }, 400, "Invalid format on Fn"],
    [{ type: "later" }, 400, "Invalid type on Fn"],
    [{ timeout: -1 }, 400, "timeout value is out of range, must be between 0 and 300"],
    [{ timeout: 301 }, 400, "timeout value is out of range, must be between 0 and 300"],
    [{ idle_timeout: -1 }, 400, "idle_timeout value is out of range, must be between 0 and 3600"],
    [{ idle_timeout: 3601 }, 400, "idle_timeout value is out of range, must be between 0 and 3600"],
    [{ memory: 8193 }, 400, "memory value is out of range. It should be between 0 and 8192"],
    [{ memory: -1 }, 400, "Invalid JSON"],
    [{ timeout: 1.5 }, 400, "Invalid JSON"],
    [{ retries: 101 }, 400, "retries value is out of range. It should be between 0 and 100"],
    [{ retry_delay: 3601 }, 400, "retry_delay value is out of range. It should be between 0 and 3600"],
    [{ shape: "ROUND" }, 400, "Invalid app shape"],
    [{ app_id: "none" }, 404, "App not found"],
    [{ name: "there" }, 409, "Fn with specified name already exists"],
  ];
  for (const [body, status, message] of create) {
    test(`${shown(body)}: ${status} ${message}`, async () => {
      const fn = { app_id, name: "hello", image: "i", ...body };
      await assertRefused(["POST", "/v2/fns", fn], status, message);
      assert.equal((await send("GET", `/v2/fns?app_id=${app_id}`)).body.items?.length, 1);
    });
  }

  for (const method of ["GET", "PUT", "DELETE"]) {
    test(`${method} of none: 404 Fn not found`, async () => {
      await assertRefused([method, "/v2/fns/none", method === "PUT" ? {} : undefined], 404, "Fn not found");
    });
  }

  test("a list without an app: 400 Missing AppID on Fn", async () => {
    await assertRefused(["GET", "/v2/fns"], 400, "Missing AppID on Fn");
  });

  test("a list of no app: 404 App not found", async () => {
    await assertRefused(["GET", "/v2/fns?app_id=none"], 404, "App not found");
  });

  test("an image that is unusable: what is wrong with it", async (t) => {
    const imageSettings = async (image: string) => {
      throw new FnError("image_not_found", { image, reason: "not found" });
    };
    const rig = await openRig(t, { imageSettings });
    const fn = { app_id: await rig.makeApp(), name: "hello", image: "i" };
    await assertRefused(["POST", "/v2/fns", fn], 404, "Failed to pull image 'i': not found", rig);
  });
});

describe("API reference 8.3: texts about triggers", () => {
  const create: readonly Refusal[] = [
    [{ id: "X" }, 400, "ID cannot be provided for Trigger creation"],
    [{ app_id: "" }, 400, "Missing App ID on Trigger"],
    [{ name: "" }, 400, "Missing name on Trigger"],
    [{ name: LONG }, 400, "Trigger name must be 255 characters or less"],
    [{ name: "a b" }, 400, "Invalid name for Trigger"],
    [{ fn_id: "" }, 400, "Missing Fn ID on Trigger"],
    [{ type: "" }, 400, "Trigger Type Not Supported"],
    [{ type: "timer" }, 400, "Trigger Type Not Supported"],
    [{ source: "" }, 400, "Missing Trigger Source"],
    [{ source: "hi" }, 400, "Missing Trigger Source Prefix '/'"],
    [{ app_id: "none" }, 404, "App not found"],
    [{ fn_id: "none" }, 404, "Fn not found"],
    [{ source: "/there" }, 409, "Trigger with the same type and source exists on this app"],
  ];
  for (const [body, status, message] of create) {
    test(`${shown(body)}: ${status} ${message}`, async () => {
      const trigger = { app_id, fn_id, name: "hi", type: "http", source: "/hi", ...body };
      await assertRefused(["POST", "/v2/triggers", trigger], status, message);
      assert.equal((await send("GET", `/v2/triggers?app_id=${app_id}`)).body.items?.length, 1);
    });
  }

  test("a fn of another app: 400 Invalid Fn ID - not owned by specified app", async (t) => {
    const rig = await openRig(t);
    const fn_id = await rig.makeFn(await rig.makeApp("other"));
    const trigger = { app_id: await rig.makeApp(), fn_id, name: "hi", type: "http", source: "/hi" };
    const message = "Invalid Fn ID - not owned by specified app";
    await assertRefused(["POST", "/v2/triggers", trigger], 400, message, rig);
  });

  test("a change to a source that is taken: 409", async (t) => {
    const rig = await openRig(t);
    const app = await rig.makeApp();
    const fn = await rig.makeFn(app);
    await rig.makeTrigger(app, fn, "/there");
    const id = await rig.makeTrigger(app, fn, "/hi");
    const message = "Trigger with the same type and source exists on this app";
    await assertRefused(["PUT", `/v2/triggers/${id}`, { source: "/there" }], 409, message, rig);
  });

  for (const method of ["GET", "PUT", "DELETE"]) {
    test(`${method} of none: 404 Trigger not found`, async () => {
      await assertRefused(
        [method, "/v2/triggers/none", method === "PUT" ? {} : undefined],
        404,
        "Trigger not found",
      );
    });
  }

  test("a list without an app: 400 Missing App ID on Trigger, in one object", async () => {
    await assertRefused(["GET", "/v2/triggers"], 400, "Missing App ID on Trigger");
  });

  test("a list of no app: 404 App not found", async () => {
    await assertRefused(["GET", "/v2/triggers?app_id=none"], 404, "App not found");
  });
});

type Refusal = readonly [body: Body, status: number, message: string];

async function assertRefused(
  request: Parameters<Rig["send"]>,
  status: number,
  message: string,
  on: Rig = rig,
): Promise<void> {
  const answer = await on.send(...request);
  assert.deepEqual([answer.status, JSON.parse(answer.text).message], [status, message]);
}

function shown(body: Body): string {
  return JSON.stringify(body).slice(0, 40);
}
