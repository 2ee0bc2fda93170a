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

test("where there is no path, no body is looked at", async (t) => {
  const { send } = await openRig(t, { bodyBytesMax: 10 });
  assert.equal((await send("POST", "/nowhere", "{".repeat(100))).status, 404);
});

describe("a target is refused", () => {
  const cases = [
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
  test("to reach its store says that another try may do", async (t) => {
    const flushCalls = () => Promise.reject(new FnError("store_unavailable", {}, { retryAfterS: 3 }));
    const { send, logged } = await openRig(t, { flushCalls });
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
