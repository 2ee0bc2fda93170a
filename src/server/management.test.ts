import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, test } from "node:test";
import { ERRORS, FnError } from "../model/errors.ts";
import { openRig } from "./v1/rig.suite.ts";

describe("a node", () => {
  test("says hello at /", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("GET", "/");
    assert.deepEqual(
      [answer.status, answer.text],
      [200, '{"goto":"https://github.com/fnproject/fn","hello":"world!"}'],
    );
  });

  test("tells the version of its API and its own at /version", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("GET", "/version");
    assert.deepEqual([answer.status, answer.text], [200, '{"version":"0.3.306","hotfn":"0.1.0"}']);
  });
});

describe("an answer", () => {
  test("is compact JSON without a line break, and says so", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("GET", "/v1/apps");
    assert.equal(answer.headers["content-type"], "application/json; charset=utf-8");
    assert.equal(answer.text, '{"message":"Successfully listed applications","next_cursor":"","apps":[]}');
  });

  test("escapes what HTML would read as its own", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("POST", "/v1/apps", { app: { name: "demo", config: { A: "<&>" } } });
    assert.ok(answer.text.includes('"A":"\\u003c\\u0026\\u003e"'));
  });

  test("that is an error has sentence and code, and a line break", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("GET", "/v1/apps/none");
    assert.equal(answer.headers["content-type"], "application/json; charset=utf-8");
    assert.equal(answer.text, '{"error":{"message":"App not found","code":"app_not_found"}}\n');
  });

  test("to a body that cannot be decoded is JSON, too", async (t) => {
    const { send } = await openRig(t);
    const answer = await send("POST", "/v1/apps", "{");
    assert.equal(answer.headers["content-type"], "application/json; charset=utf-8");
  });
});

describe("the content type of a request", () => {
  for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded", "???", ""]) {
    test(`may be "${type}": it is not asked`, async (t) => {
      const { send } = await openRig(t);
      const answer = await send("POST", "/v1/apps", { app: { name: "demo" } }, { "content-type": type });
      assert.equal(answer.status, 200);
    });
  }
});

describe("there is no path", () => {
  const cases = [
    { method: "GET", target: "/v1", path: "/v1" },
    { method: "GET", target: "/v3/apps", path: "/v3/apps" },
    { method: "GET", target: "/v1/caf%C3%A9%20/x?q=1", path: "/v1/café /x" },
    { method: "GET", target: "/v1/apps/demo/calls/a/b", path: "/v1/apps/demo/calls/a/b" },
    { method: "POST", target: "/v1/apps/demo/routes/a", path: "/v1/apps/demo/routes/a" },
    { method: "PUT", target: "/v1/apps/demo", path: "/v1/apps/demo" },
    { method: "POST", target: "/version", path: "/version" },
    { method: "OPTIONS", target: "/v1/apps", path: "/v1/apps" },
    { method: "PROPFIND", target: "/v1/apps", path: "/v1/apps" },
    { method: "QUERY", target: "/v1/apps", path: "/v1/apps" },
  ];
  for (const { method, target, path } of cases) {
    test(`${method} ${target}`, async (t) => {
      const { send } = await openRig(t);
      const { status, body } = await send(method, target);
      assert.deepEqual([status, body.error?.message], [404, `Path not found: ${path}`]);
    });
  }

  test("HEAD /", async (t) => {
    const { send } = await openRig(t);
    const { status, text } = await send("HEAD", "/");
    assert.deepEqual([status, text], [404, ""]);
  });

  test("and no body is looked at", async (t) => {
    const { send } = await openRig(t, { bodyBytesMax: 10 });
    assert.equal((await send("POST", "/nowhere", "{".repeat(100))).status, 404);
  });
});

describe("a target is refused", () => {
  const cases = [
    { target: "/v1/apps//routes", code: "app_name_missing" },
    { target: "/v1/apps//routes/a", code: "app_name_missing" },
    { target: "/v1/apps//calls", code: "app_name_missing" },
    { target: "/v1/apps/%zz", code: "url_malformed" },
    { target: "/v1/apps/%ff", code: "url_malformed" },
    { target: "/v1/apps/a%00", code: "url_malformed" },
    { target: "/v1/apps/a/routes?image=%00", code: "url_malformed" },
  ];
  for (const { target, code } of cases) {
    test(`${target}: ${code}`, async (t) => {
      const { send } = await openRig(t);
      const { status, body } = await send("GET", target);
      assert.deepEqual([status, body.error?.code], [400, code]);
    });
  }

  test("of a long app name is told from one of no path", async (t) => {
    const { send } = await openRig(t);
    const { body } = await send("GET", `/v1/apps/${"a".repeat(8000)}`);
    assert.equal(body.error?.code, "app_not_found");
  });
});

describe("a failure of the node itself", () => {
  const fails = (error: Error) => ({
    flushCalls: async () => {
      throw error;
    },
  });

  test("is told without its detail, which goes to the log", async (t) => {
    const { send, logged } = await openRig(t, fails(new Error("disk on fire")));
    const answer = await send("GET", "/v1/apps/demo/calls");
    assert.equal(answer.status, 500);
    assert.equal(answer.text, '{"error":{"message":"internal server error","code":"internal"}}\n');
    assert.equal(logged.length, 1);
    assert.ok(logged[0]?.includes("disk on fire"));
  });

  test("to reach its store says that another try may do", async (t) => {
    const { send, logged } = await openRig(
      t,
      fails(new FnError("store_unavailable", {}, { retryAfterS: 3 })),
    );
    const { status, body, headers } = await send("GET", "/v1/apps/demo/calls");
    assert.deepEqual([status, body.error?.code], [ERRORS.store_unavailable.status, "store_unavailable"]);
    assert.equal(headers["retry-after"], "3");
    assert.equal(logged.length, 1);
  });

  test("is not a caller that leaves in the middle of its body", async (t) => {
    const { server, logged } = await openRig(t);
    // Listening on TCP, so the address is one of TCP.
    const caller = connect((server.address() as AddressInfo).port, "127.0.0.1");
    caller.write("POST /v1/apps HTTP/1.1\r\nHost: node\r\nContent-Length: 100\r\n\r\n{");
    const request = await new Promise<IncomingMessage>((resolve) => server.once("request", resolve));
    caller.destroy();
    await new Promise((resolve) => request.once("close", resolve));
    assert.deepEqual(logged, []);
  });
});
