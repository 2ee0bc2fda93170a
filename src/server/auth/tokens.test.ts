import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, type TestContext, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import { openStore } from "../../store/open-store.ts";
import { openRig } from "../v1/rig.suite.ts";
import { Access, type AccessOptions } from "./access.ts";

const ROOT = `fn_${"r".repeat(43)}`;

/** The management of a node on a database in memory, asked by callers who bear tokens. */
async function openGuarded(t: TestContext, options: Partial<AccessOptions> = {}) {
  const clock = new FakeClock();
  const store = await openStore("sqlite3://:memory:", clock);
  t.after(() => store.close());
  const own = { host: undefined, isOpen: false, rootToken: ROOT, callsNeedToken: false };
  const access = new Access({ store, clock, ...own, ...options });
  const rig = await openRig(t, { store, clock, access, randomBytes });
  const send = async (method: string, target: string, token?: string, body?: unknown) => {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const answer = await rig.send(method, target, body, headers);
    return { ...answer, json: answer.text.startsWith("{") ? JSON.parse(answer.text) : undefined };
  };
  const make = async (input: object): Promise<string> =>
    (await send("POST", "/1/tokens", ROOT, { name: "test", ...input })).json.token;
  return { send, make, clock, sendRaw: rig.send };
}

describe("a new token", () => {
  test("is shown once, with all that is kept of it", async (t) => {
    const { send } = await openGuarded(t);
    const input = { name: "build server", scopes: ["invoke", "read"], expires_in: 60 };
    const { status, json, headers } = await send("POST", "/1/tokens", ROOT, input);
    assert.equal(status, 200);
    assert.match(json.token, /^fn_[\w-]{43}$/);
    assert.equal(headers["cache-control"], "no-store");
    const { token, id, ...shown } = json;
    assert.deepEqual(shown, {
      name: "build server",
      scopes: ["read", "invoke"],
      created_at: "2018-01-22T10:00:00.000Z",
      expires_at: "2018-01-22T10:01:00.000Z",
    });
    const list = await send("GET", "/1/tokens", ROOT);
    assert.deepEqual(list.json, { next_cursor: "", tokens: [{ id, ...shown }] });
    assert.ok(!list.text.includes(token));
  });

  test("works at once, until it expires", async (t) => {
    const { send, make, clock } = await openGuarded(t);
    const token = await make({ scopes: ["read"], expires_in: 60 });
    assert.equal((await send("GET", "/v1/apps", token)).status, 200);
    await clock.advance(60_000);
    const { status, json } = await send("GET", "/v1/apps", token);
    assert.deepEqual([status, json.error.code], [401, "token_expired"]);
  });

  test("that is removed stops at once", async (t) => {
    const { send, make } = await openGuarded(t);
    const token = await make({ scopes: ["read"] });
    assert.equal((await send("GET", "/v1/apps", token)).status, 200);
    const [{ id }] = (await send("GET", "/1/tokens", ROOT)).json.tokens;
    assert.equal((await send("DELETE", `/1/tokens/${id}`, ROOT)).status, 200);
    assert.equal((await send("GET", "/v1/apps", token)).status, 401);
    assert.equal((await send("DELETE", `/1/tokens/${id}`, ROOT)).status, 404);
  });

  test("can be made on the machine itself while there is none, which closes the door", async (t) => {
    const { send } = await openGuarded(t, { rootToken: undefined });
    const { json } = await send("POST", "/1/tokens", undefined, { name: "first", scopes: ["manage"] });
    assert.equal((await send("GET", "/v1/apps")).status, 401);
    assert.equal((await send("GET", "/v1/apps", json.token)).status, 200);
  });
});

describe("tokens are listed in pages", () => {
  test("oldest first", async (t) => {
    const { send, make } = await openGuarded(t);
    for (const name of ["a", "b", "c"]) await make({ name, scopes: ["read"] });
    const first = (await send("GET", "/1/tokens?per_page=2", ROOT)).json;
    const rest = (await send("GET", `/1/tokens?per_page=2&cursor=${first.next_cursor}`, ROOT)).json;
    const names = [...first.tokens, ...rest.tokens].map(({ name }: { name: string }) => name);
    assert.deepEqual([names, rest.next_cursor], [["a", "b", "c"], ""]);
  });
});

describe("a token is not made", () => {
  const cases: { body: unknown; code: string }[] = [
    { body: {}, code: "invalid_json" },
    { body: { name: "a" }, code: "invalid_json" },
    { body: { name: "a", scopes: [] }, code: "invalid_json" },
    { body: { name: "a", scopes: ["admin"] }, code: "invalid_json" },
    { body: { name: "a", scopes: "read" }, code: "invalid_json" },
    { body: { name: "a", scopes: ["read", null] }, code: "invalid_json" },
    { body: { name: "a", scopes: ["read"], expires_in: 0 }, code: "invalid_json" },
    { body: { name: "a", scopes: ["read"], expires_in: -1 }, code: "invalid_json" },
    { body: { name: "a", scopes: ["read"], expires_in: 1.5 }, code: "invalid_json" },
    { body: { name: "a", scopes: ["read"], expires_in: 1e12 }, code: "invalid_json" },
    { body: { name: "a", scopes: ["read"], expires_in: "60" }, code: "invalid_json" },
    { body: { name: "", scopes: ["read"] }, code: "token_name_invalid" },
    { body: { name: "  ", scopes: ["read"] }, code: "token_name_invalid" },
    { body: { name: "a\nb", scopes: ["read"] }, code: "token_name_invalid" },
    { body: { name: "a\u202eb", scopes: ["read"] }, code: "token_name_invalid" },
    { body: { name: "a".repeat(256), scopes: ["read"] }, code: "token_name_invalid" },
  ];
  for (const { body, code } of cases) {
    test(`of ${JSON.stringify(body).slice(0, 60)}: ${code}`, async (t) => {
      const { send } = await openGuarded(t);
      const { status, json } = await send("POST", "/1/tokens", ROOT, body);
      assert.deepEqual([status, json.error.code], [400, code]);
      assert.deepEqual((await send("GET", "/1/tokens", ROOT)).json.tokens, []);
    });
  }
});

/** What each kind of caller gets: nothing is stored, and nothing is told, before it is known who asks. */
describe("default deny", () => {
  const LOOKS = [
    "/v1/apps",
    "/v1/apps/a",
    "/v1/apps/a/routes",
    "/v1/apps/a/calls",
    "/v2/apps",
    "/v2/fns?app_id=1",
    "/stats",
  ];
  const CHANGES = [
    ["POST", "/v1/apps"],
    ["PATCH", "/v1/apps/a"],
    ["DELETE", "/v1/apps/a"],
    ["PUT", "/v1/apps/a/routes/b"],
    ["POST", "/v2/apps"],
    ["PUT", "/v2/fns/1"],
    ["DELETE", "/v2/triggers/1"],
    ["GET", "/v1/runner/async"],
    ["GET", "/1/tokens"],
    ["POST", "/1/tokens"],
    ["DELETE", "/1/tokens/1"],
  ] as const;
  const ALL = [
    ...LOOKS.map((path) => ["GET", path] as const),
    ...CHANGES,
    ["GET", "/nowhere"] as const,
    ["GET", "/v2/nowhere"] as const,
  ];

  test("nobody without a token gets anything", async (t) => {
    const { send } = await openGuarded(t);
    for (const [method, path] of ALL) {
      const { status, headers, json } = await send(method, path);
      const code = path.startsWith("/v2") ? json.code : json.error.code;
      assert.deepEqual([path, status, code], [path, 401, "token_missing"]);
      assert.equal(headers["www-authenticate"], 'Bearer realm="hotfn"');
    }
  });

  test("who may look changes nothing", async (t) => {
    const { send, make } = await openGuarded(t);
    const token = await make({ scopes: ["read"] });
    for (const path of LOOKS) assert.notEqual((await send("GET", path, token)).status, 403, path);
    for (const [method, path] of CHANGES) {
      const { status, headers } = await send(method, path, token);
      assert.deepEqual([path, status], [path, 403]);
      assert.match(headers["www-authenticate"] ?? "", /error="insufficient_scope"/);
    }
    assert.deepEqual((await send("GET", "/v1/apps", ROOT)).json.apps, []);
  });

  test("who may call sees nothing", async (t) => {
    const { send, make } = await openGuarded(t);
    const token = await make({ scopes: ["invoke"] });
    for (const [method, path] of ALL) assert.equal((await send(method, path, token)).status, 403, path);
  });

  const bad: { what: string; fields: Record<string, string | string[]>; status: number; code: string }[] = [
    {
      what: "an unknown token",
      fields: { Authorization: `Bearer ${ROOT}x` },
      status: 401,
      code: "token_unknown",
    },
    {
      what: "a token of 10,000 characters",
      fields: { Authorization: `Bearer fn_${"a".repeat(9997)}` },
      status: 401,
      code: "token_unknown",
    },
    {
      what: "another scheme",
      fields: { Authorization: "Basic cm9vdDpyb290" },
      status: 401,
      code: "token_missing",
    },
    {
      what: "two tokens in one",
      fields: { Authorization: `Bearer ${ROOT} ${ROOT}` },
      status: 400,
      code: "token_malformed",
    },
    {
      what: "two fields",
      fields: { Authorization: [`Bearer ${ROOT}`, `Bearer ${ROOT}`] },
      status: 400,
      code: "token_malformed",
    },
    { what: "a tab within", fields: { Authorization: `Bearer a\tb` }, status: 400, code: "token_malformed" },
  ];
  for (const { what, fields, status, code } of bad) {
    test(`${what}: ${status} ${code}`, async (t) => {
      const { sendRaw } = await openGuarded(t);
      const answer = await sendRaw("GET", "/v1/apps", undefined, fields);
      assert.deepEqual([answer.status, answer.body.error?.code ?? ""], [status, code]);
    });
  }

  for (const path of ["/", "/version", "/openapi", "/openapi.json"]) {
    test(`${path} is for everybody`, async (t) => {
      const { send } = await openGuarded(t);
      assert.equal((await send("GET", path)).status, 200);
    });
  }
});
