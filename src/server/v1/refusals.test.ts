/** What is refused beyond the rows of the table of errors (`errors.test.ts`), and that nothing is stored then. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FnError } from "../../model/errors.ts";
import { openRig, type Rig } from "./rig.suite.ts";

const ROUTES = "/v1/apps/new/routes";
const CPUS =
  "Cpus is invalid. Value should be either between [0.000 and 1024.000] or [0m and 1024000m] milliCPU units";

describe("API reference 2.5: an app is refused", () => {
  const cases = [
    { body: { app: null }, status: 400, message: "Missing new application" },
    { body: { app: {} }, status: 400, message: "Missing app name" },
    {
      body: { app: { name: "é".repeat(16) } },
      status: 400,
      message: "App name must be 30 characters or less",
    },
    { body: { app: { name: "a b" } }, status: 400, message: "Invalid app name" },
    { body: { app: { name: "é" } }, status: 400, message: "Invalid app name" },
    { body: { app: { name: "../x" } }, status: 400, message: "Invalid app name" },
    { body: { app: { name: "a\n" } }, status: 400, message: "Invalid app name" },
  ];
  for (const { body, status, message } of cases) {
    test(`${JSON.stringify(body)}: ${message}`, async (t) => {
      const rig = await openRig(t);
      await assertRefused(rig, ["POST", "/v1/apps", body], status, message);
    });
  }

  test("by PATCH without an app: Missing new application", async (t) => {
    const rig = await openRig(t);
    await assertRefused(rig, ["PATCH", "/v1/apps/demo", {}], 400, "Missing new application");
  });
});

describe("API reference 2.5: a route is refused, and no app made for it", () => {
  const cases = [
    { route: null, message: "Missing new route" },
    { route: { path: "/a\tb", image: "i" }, message: "Path malformed" },
    { route: { path: "/a" }, message: "Missing route Image" },
    { route: { path: "/a", image: "i", format: "toString" }, message: "Invalid route Format" },
    { route: { path: "/a", image: "i", cpus: "1024001m" }, message: CPUS },
    { route: { path: "/a", image: "i", cpus: "0.5m" }, message: CPUS },
    { route: { path: "/a", image: "i", headers: { "X Y": ["1"] } }, message: "Invalid route header X Y" },
    { route: { path: "/a", image: "i", headers: { X: ["1\r\nY: 2"] } }, message: "Invalid route header X" },
  ];
  for (const { route, message } of cases) {
    test(`${JSON.stringify(route)}: ${message}`, async (t) => {
      await assertRefused(await openRig(t), ["POST", ROUTES, { route }], 400, message);
    });
  }

  const puts = [
    { target: "/v1/apps/a.b/routes/x", route: { image: "i" }, status: 400, message: "Invalid app name" },
    { target: `${ROUTES}/x:y`, route: { image: "i" }, status: 400, message: "Dynamic URL is not allowed" },
    { target: `${ROUTES}/x%25zz`, route: { image: "i" }, status: 400, message: "Path malformed" },
    { target: `${ROUTES}/x`, route: null, status: 400, message: "Missing new route" },
    { target: `${ROUTES}/x`, route: {}, status: 400, message: "Missing route Image" },
    {
      target: `${ROUTES}/x`,
      route: { image: "i", path: "/y" },
      status: 409,
      message: "Could not update - path is immutable",
    },
  ];
  for (const { target, route, status, message } of puts) {
    test(`PUT ${target} ${JSON.stringify(route)}: ${message}`, async (t) => {
      await assertRefused(await openRig(t), ["PUT", target, { route }], status, message);
    });
  }

  test("whose image is unusable, with what is wrong with it", async (t) => {
    const imageSettings = async (image: string) => {
      throw new FnError("image_not_found", { image, reason: "not found" });
    };
    const request = ["POST", ROUTES, { route: { path: "/a", image: "i" } }] as const;
    await assertRefused(
      await openRig(t, { imageSettings }),
      request,
      404,
      "Failed to pull image 'i': not found",
    );
  });

  test("first for cpus, then for path, image, type, format, timeout, idle timeout and memory", async (t) => {
    const { send } = await openRig(t);
    const fixes = [
      { cpus: "1" },
      { path: "/a" },
      { image: "i" },
      { type: "sync" },
      { format: "json" },
      { timeout: 1 },
      { idle_timeout: 1 },
      { memory: 1 },
    ];
    let route = {
      path: "",
      image: "",
      type: "?",
      format: "?",
      timeout: -1,
      idle_timeout: -1,
      memory: 9999,
      cpus: "?",
    };
    const codes: (string | undefined)[] = [];
    for (const fix of fixes) {
      codes.push((await send("POST", ROUTES, { route })).body.error?.code);
      route = { ...route, ...fix };
    }
    assert.deepEqual(codes, [
      "route_cpus_invalid",
      "route_path_missing",
      "route_image_missing",
      "route_type_invalid",
      "route_format_invalid",
      "route_timeout_invalid",
      "route_idle_timeout_invalid",
      "route_memory_invalid",
    ]);
    assert.equal((await send("POST", ROUTES, { route })).status, 200);
  });
});

describe("API reference 2.5: a body is refused", () => {
  const cases = [
    { body: "", fields: "The body is empty" },
    { body: "null", fields: "The body must be object" },
    { body: "[]", fields: "The body must be object" },
    { body: '{"route":"/a"}', fields: "route must be object" },
    { body: '{"route":[]}', fields: "route must be object" },
    { body: '{"route":{"memory":-1}}', fields: "route.memory must be >= 0" },
    { body: '{"route":{"memory":"128"}}', fields: "route.memory must be integer" },
    { body: '{"route":{"timeout":1.5}}', fields: "route.timeout must be integer" },
    { body: '{"route":{"timeout":4000000000}}', fields: "route.timeout must be <= 2147483647" },
    { body: '{"route":{"idle_timeout":1e400}}', fields: "route.idle_timeout must be integer" },
    { body: '{"route":{"cpus":1}}', fields: "route.cpus must be string" },
    { body: '{"route":{"headers":{"X-A":"1"}}}', fields: "route.headers.X-A must be array" },
    { body: '{"route":{"headers":{"X-A":["1",2]}}}', fields: "route.headers.X-A.1 must be string" },
    { body: '{"route":{"config":{"a/b\\n":1}}}', fields: "route.config.a/b\n must be string" },
    { body: '{"ROUTE":{"CONFIG":{"__proto__":{}}}}', fields: "route.config.__proto__ must be string" },
  ];
  for (const { body, fields } of cases) {
    test(`${body || "(empty)"}: ${JSON.stringify(fields)}`, async (t) => {
      const rig = await openRig(t);
      assert.equal(await assertRefused(rig, ["POST", ROUTES, body], 400, "Invalid JSON"), fields);
    });
  }

  const route = '{"route":{"path":"/a","image":"i"}}';
  const unreadable = [
    { what: "that is cut off", body: route.slice(0, -1) },
    { what: "with text after the value", body: `${route}x` },
    { what: "with a second value", body: route + route },
    { what: "with a byte order mark", body: `\ufeff${route}` },
    { what: "that is not UTF-8", body: Buffer.from(route.replace("/a", "/\xff"), "latin1") },
    { what: "with half a surrogate pair", body: route.replace("/a", "/\\ud800") },
    { what: "with a NUL in a text", body: route.replace('i"', 'i\\u0000"') },
    { what: "with a NUL in a key", body: route.replace('"path"', '"config":{"a\\u0000":"1"},"path"') },
    { what: "of 400 000 brackets", body: "[".repeat(200_000) + "]".repeat(200_000) },
    {
      what: "of 400 000 brackets in place of a text",
      body: `{"route":{"path":${"[".repeat(200_000)}${"]".repeat(200_000)}}}`,
    },
  ];
  for (const { what, body } of unreadable) {
    test(what, async (t) => {
      await assertRefused(await openRig(t), ["POST", ROUTES, body], 400, "Invalid JSON");
    });
  }

  test("that is larger than may be", async (t) => {
    const rig = await openRig(t, { bodyBytesMax: 100 });
    const message = "Content-Length too large for this server, 135 > max 100";
    await assertRefused(rig, ["POST", ROUTES, route + " ".repeat(100)], 413, message);
  });

  test("that turns out larger than may be, without having told its length", async (t) => {
    const rig = await openRig(t, { bodyBytesMax: 100 });
    const message = "Content-Length too large for this server, chunked > max 100";
    const headers = { "transfer-encoding": "chunked" };
    await assertRefused(rig, ["POST", ROUTES, route + " ".repeat(100), headers], 413, message);
  });
});

describe("API reference 2.5: a query is refused", () => {
  const cases = [
    { query: "from_time=yesterday", message: "from_time is not an epoch time" },
    { query: "from_time=1.5", message: "from_time is not an epoch time" },
    { query: "to_time=1516615201s", message: "to_time is not an epoch time" },
    { query: "to_time=99999999999999999999", message: "to_time is not an epoch time" },
  ];
  for (const { query, message } of cases) {
    test(`?${query}: ${message}`, async (t) => {
      await assertRefused(await openRig(t), ["GET", `/v1/apps/demo/calls?${query}`], 400, message);
    });
  }
});

/** Sends a request that must be refused and must leave no new app or route behind; gives the hint of the answer. */
async function assertRefused(
  { send, store }: Rig,
  request: Readonly<Parameters<Rig["send"]>>,
  status: number,
  message: string,
): Promise<string | undefined> {
  const before = await store.changeCount();
  const answer = await send(...request);
  assert.deepEqual([answer.status, answer.body.error?.message], [status, message]);
  assert.equal(await store.changeCount(), before);
  return answer.body.error?.fields;
}
