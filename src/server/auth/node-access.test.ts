/** Tokens and CORS on the bare connections of a node, where calls are answered. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import { type Token, type TokenScope, tokenHash } from "../../model/token.ts";
import { CORS_HEADERS } from "../cors.ts";
import { answering, call, type RigOptions, startNode } from "../invoke-rig.suite.ts";
import { Access, type AccessOptions } from "./access.ts";

const TEXT = `fn_${"a".repeat(43)}`;
const BEARING = { headers: { Authorization: `Bearer ${TEXT}` } };
const PAGE = "https://app.example.com";
const CALLS = ["/r/app/x", "/t/app/x", "/invoke/F"];

/** With one token of these scopes; none, without. */
function accessWith(scopes: readonly TokenScope[], options: Partial<AccessOptions> = {}): Access {
  const token: Token = {
    id: "1",
    name: "test",
    hash: tokenHash(TEXT),
    scopes,
    createdAtMs: 0,
    expiresAtMs: undefined,
  };
  const known = scopes.length > 0 ? [token] : [];
  const store = {
    changeCount: async () => 1,
    tokens: {
      insert: async () => {},
      remove: async () => {},
      list: async () => known,
      find: async (hash: string) => known.find((each) => each.hash === hash),
    },
  };
  const clock = new FakeClock();
  const own = { host: "127.0.0.1", isOpen: false, rootToken: undefined, callsNeedToken: true };
  return new Access({ store, clock, ...own, ...options });
}

const start = (options: RigOptions, run = answering(200, [["Content-Type", "text/plain"]], "hi")) =>
  startNode(run, options);

describe("a call that needs a token", () => {
  for (const path of CALLS) {
    test(`is refused without one: ${path}`, async () => {
      const { port } = await start({ access: accessWith(["invoke"]) }, () => assert.fail("ran"));
      const answer = await call(port, path, { method: "POST" }, "x");
      assert.equal(answer.status, 401);
      assert.equal(answer.headers["www-authenticate"], 'Bearer realm="hotfn"');
    });

    test(`is refused with one that may not call: ${path}`, async () => {
      const { port } = await start({ access: accessWith(["manage"]) }, () => assert.fail("ran"));
      assert.equal((await call(port, path, { method: "POST", ...BEARING })).status, 403);
    });

    test(`runs with one that may: ${path}`, async () => {
      const { port } = await start({ access: accessWith(["invoke"]) });
      assert.equal((await call(port, path, { method: "POST", ...BEARING })).body, "hi");
    });
  }

  const malformed = ["Bearer a\x01b", "Bearer a\x00", "Bearer a\x7f", "Bearer a\r b"];
  for (const value of malformed) {
    test(`is refused as no request at all with ${JSON.stringify(value)}`, async () => {
      const { port } = await start({ access: accessWith(["invoke"]) }, () => assert.fail("ran"));
      const socket = connect(port, "127.0.0.1");
      socket.write(`GET /r/app/x HTTP/1.1\r\nHost: a\r\nAuthorization: ${value}\r\n\r\n`);
      assert.match(await text(socket), /^HTTP\/1\.1 400 /);
    });
  }

  test("may be made ready for by those alone who may call", async () => {
    const { port } = await start({ access: accessWith(["invoke"]) });
    const prewarm = { method: "POST", path: "/1/node/prewarm" };
    assert.equal((await call(port, prewarm.path, prewarm, '{"fns":[]}')).status, 401);
    assert.equal((await call(port, prewarm.path, { ...prewarm, ...BEARING }, '{"fns":[]}')).status, 202);
  });
});

describe("a function", () => {
  test("does not see the token of its caller, whether it was needed or not", async () => {
    for (const callsNeedToken of [true, false]) {
      const { port } = await startNode(
        async ({ input, sink }) => {
          assert.deepEqual(
            input.headers.filter(([name]) => name.toLowerCase() === "authorization"),
            [],
          );
          sink.head(200, [], undefined);
        },
        { access: accessWith(["invoke"], { callsNeedToken }) },
      );
      assert.equal((await call(port, "/r/app/x", BEARING)).status, 200);
    }
  });

  test("sees credentials that are its own business", async () => {
    const { port } = await startNode(async ({ input, sink }) => {
      assert.ok(input.headers.some(([name, value]) => name === "Authorization" && value === "Basic dTpw"));
      sink.head(200, [], undefined);
    });
    assert.equal((await call(port, "/r/app/x", { headers: { Authorization: "Basic dTpw" } })).status, 200);
  });
});

describe("metrics", () => {
  test("are for those who may read", async () => {
    const { port } = await start({ access: accessWith(["read"]) });
    assert.equal((await call(port, "/metrics")).status, 401);
    assert.equal((await call(port, "/metrics", BEARING)).status, 200);
  });

  test("are told without tokens on this machine alone", async () => {
    const { port } = await start({ access: accessWith([], { host: undefined }) });
    assert.equal((await call(port, "/metrics")).status, 200);
    assert.equal((await call(port, "/metrics", { headers: { "X-Forwarded-For": "192.0.2.1" } })).status, 403);
  });
});

describe("the health of a node", () => {
  for (const path of ["/health/live", "/health/ready"]) {
    test(`is for everybody: ${path}`, async () => {
      const { port } = await start({ access: accessWith(["read"]) });
      assert.equal((await call(port, path)).status, 200);
    });
  }
});

describe("API reference 6.3: CORS on a node", () => {
  const cors = { origins: new Set([PAGE]), headers: CORS_HEADERS };
  const paths = [...CALLS, "/metrics", "/v1/apps", "/nowhere"];

  for (const path of paths) {
    test(`asks of ${path} whether a page may go on are answered before tokens are asked for`, async () => {
      const { port } = await start({ cors, access: accessWith(["read"]) }, () => assert.fail("ran"));
      const answer = await call(port, path, { method: "OPTIONS", headers: { Origin: PAGE } });
      assert.deepEqual([answer.status, answer.body], [200, ""]);
      assert.equal(answer.headers["access-control-allow-origin"], PAGE);
      assert.match(answer.headers["access-control-allow-headers"] ?? "", /Authorization/);
    });

    test(`refuses a page of an unlisted origin at ${path} with an empty 403`, async () => {
      const { port } = await start({ cors, manage: () => assert.fail("managed") }, () => assert.fail("ran"));
      const answer = await call(port, path, { headers: { Origin: "https://evil.example.com" } });
      assert.deepEqual([answer.status, answer.body, answer.headers.vary], [403, "", "Origin"]);
    });

    test(`tells a listed page in the answer of ${path} that it may read it`, async () => {
      const { port } = await start({ cors });
      const { headers } = await call(port, path, { method: "POST", headers: { Origin: PAGE } });
      assert.deepEqual([headers["access-control-allow-origin"], headers.vary], [PAGE, "Origin"]);
    });
  }

  test("tells a listed page so in a refusal, too", async () => {
    const { port } = await start({ cors, access: accessWith(["read"]) });
    const { status, headers } = await call(port, "/r/app/x", { headers: { Origin: PAGE } });
    assert.deepEqual([status, headers["access-control-allow-origin"]], [401, PAGE]);
  });

  test("refuses a request with two origins", async () => {
    const { port } = await start({ cors });
    const answer = await call(port, "/r/app/x", { headers: ["Host", "a", "Origin", PAGE, "Origin", PAGE] });
    assert.equal(answer.status, 403);
  });

  test("says it once, whatever a function says", async () => {
    const { port } = await start({ cors }, answering(200, [["Access-Control-Allow-Origin", "*"]], "hi"));
    const { raw } = await call(port, "/r/app/x", { headers: { Origin: PAGE } });
    const said = raw.filter((_, i) => raw[i - 1]?.toLowerCase() === "access-control-allow-origin");
    assert.deepEqual(said, [PAGE]);
  });

  test("is a function's own business where it is not set", async () => {
    const { port } = await start({}, answering(200, [["Access-Control-Allow-Origin", "*"]], "hi"));
    const answer = await call(port, "/r/app/x", { method: "OPTIONS", headers: { Origin: PAGE } });
    assert.deepEqual([answer.body, answer.headers["access-control-allow-origin"]], ["hi", "*"]);
  });
});
