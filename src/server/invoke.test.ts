import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { pino } from "pino";
import type { Submission } from "../agent/agent.ts";
import { FnError } from "../model/errors.ts";
import { answering, call, startNode } from "./invoke-rig.suite.ts";

describe("which calls by route there are", () => {
  const found: readonly (readonly [path: string, status: number, message?: string])[] = [
    ["/r/app/x", 200],
    ["/r/app//y/.././x/?q=1", 200],
    ["/r/app%2Fx", 200],
    ["/r/app/y", 404, "Route not found"],
    ["/r/app", 404, "Route not found"],
    ["/r/nope/x", 404, "App not found"],
    ["/r//x", 400, "Missing app name"],
    ["/r/app/%zz", 400, "Path malformed"],
    ["/r/app/x%00", 400, "Path malformed"],
    ["/r/app/y/%2e%2e/x", 200],
    ["/r/%2e%2e/x", 404, "App not found"],
    ["/r/app/x%0d%0a", 404, "Route not found"],
    [`/r/app/${"y".repeat(10_000)}`, 404, "Route not found"],
    [`/r/${"a".repeat(10_000)}/x`, 404, "App not found"],
  ];
  for (const [path, status, message] of found) {
    test(`${path.slice(0, 40)} is ${status} ${message ?? ""}`, async () => {
      const { port } = await startNode(answering(200, [], "ok"));
      const answer = await call(port, path);
      assert.equal(answer.status, status);
      if (message) assert.equal(JSON.parse(answer.body).error.message, message);
      if (message) assert.equal(answer.headers.fn_call_id, undefined);
    });
  }

  test("those with any method of HTTP, and no other", async () => {
    const { port } = await startNode(answering(200, [], ""));
    for (const method of ["GET", "POST", "PUT", "PATCH", "HEAD", "OPTIONS", "DELETE", "TRACE"]) {
      assert.equal((await call(port, "/r/app/x", { method })).status, 200, method);
    }
    const refused = await call(port, "/r/app/x", { method: "PROPFIND" });
    assert.equal(JSON.parse(refused.body).error.message, "Path not found: /r/app/x");
  });
});

describe("API reference 8.4: which calls by trigger and by id there are", () => {
  const found: readonly (readonly [method: string, path: string, status: number, message?: string])[] = [
    ["POST", "/t/app/x", 200],
    ["GET", "/t/app/x?q=1", 200],
    ["DELETE", "/t/app%2Fx", 200],
    ["POST", "/t/app/x/", 404, "Trigger not found"],
    ["POST", "/t/app//x", 404, "Trigger not found"],
    ["POST", "/t/app", 404, "Trigger not found"],
    ["POST", "/t/nope/x", 404, "App not found"],
    ["POST", "/t//x", 400, "Missing app name"],
    ["POST", "/t/app/%zz", 400, "Path malformed"],
    ["POST", "/t/app/x%00", 400, "Path malformed"],
    ["POST", "/t/app/y/%2e%2e/x", 404, "Trigger not found"],
    ["POST", "/t/app/x%0d%0a", 404, "Trigger not found"],
    ["POST", `/t/app/${"y".repeat(10_000)}`, 404, "Trigger not found"],
    ["PROPFIND", "/t/app/x", 404, "Path not found: PROPFIND /t/app/x"],
    ["POST", "/invoke/F", 200],
    ["POST", "/invoke/%46?q=1", 200],
    ["POST", "/invoke/G", 404, "Fn not found"],
    ["POST", "/invoke/F/", 404, "Path not found: POST /invoke/F/"],
    ["POST", "/invoke/", 404, "Path not found: POST /invoke/"],
    ["POST", "/invoke/F%00", 400, "Path malformed"],
    ["POST", "/invoke/%2e%2e", 404, "Fn not found"],
    ["POST", `/invoke/${"F".repeat(10_000)}`, 404, "Fn not found"],
    ["GET", "/invoke/F", 405, "Method not allowed: GET /invoke/F"],
    ["PUT", "/invoke/nobody", 405, "Method not allowed: PUT /invoke/nobody"],
  ];
  for (const [method, path, status, message] of found) {
    test(`${method} ${path.slice(0, 40)} is ${status} ${message ?? ""}`, async () => {
      const { port } = await startNode(answering(200, [], "ok"));
      const answer = await call(port, path, { method });
      assert.equal(answer.status, status);
      if (message) assert.equal(JSON.parse(answer.body).message, message);
      assert.equal(answer.headers["fn-call-id"] === undefined, message !== undefined);
    });
  }

  for (const path of ["/t/app", "/t/app/"]) {
    test(`${path} is the source /`, async () => {
      const { port } = await startNode(answering(200, [], ""), { trigger: { source: "/" } });
      assert.equal((await call(port, path)).status, 200);
    });
  }

  test("a source that ends in a slash is called with it", async () => {
    const { port } = await startNode(answering(200, [], ""), { trigger: { source: "/x/" } });
    assert.equal((await call(port, "/t/app/x/")).status, 200);
    assert.equal((await call(port, "/t/app/x")).status, 404);
  });

  test("405 says what is allowed", async () => {
    const { port } = await startNode(answering(200, [], ""));
    assert.equal((await call(port, "/invoke/F")).headers.allow, "POST");
  });
});

describe("whoever may not call", () => {
  const refusal = new FnError("management_unauthorized");
  for (const [how, authorize] of [
    ["at once", () => raise(refusal)],
    ["after a look at the store", () => Promise.reject(refusal)],
  ] as const) {
    test(`is told so ${how}, and nothing of what there is`, async () => {
      const { port } = await startNode(() => assert.fail("ran"), { authorize });
      for (const path of ["/r/app/x", "/r/nope/x"]) assert.equal((await call(port, path)).status, 401);
      const { status, body } = await call(port, "/t/app/x");
      assert.deepEqual([status, JSON.parse(body).code], [401, refusal.code]);
    });
  }

  test("is decided by the head of the request", async () => {
    const { port } = await startNode(answering(200, [], ""), {
      authorize: ({ fields }) => {
        if (!fields.some(([name]) => name === "Authorization")) throw refusal;
      },
    });
    assert.equal((await call(port, "/r/app/x")).status, 401);
    assert.equal((await call(port, "/r/app/x", { headers: { Authorization: "Bearer t" } })).status, 200);
  });
});

describe("API reference 6.1: node types", () => {
  const CALLS = ["/r/app/x", "/t/app/x", "/invoke/F"];
  const refusedAt = {
    full: [],
    api: [...CALLS, "/r/nope"],
    runner: ["/v1/apps", "/v1/", "/%76%31/apps", "/v2/fns"],
  } as const;
  const SENTENCES = {
    api: "Invoking routes /r/ is not supported on nodes configured as type API",
    runner: "Invoking api /v1/ requests is not supported on nodes configured as type Runner",
  };
  for (const type of ["full", "api", "runner"] as const) {
    for (const path of [
      ...CALLS,
      "/r/nope",
      "/v1/apps",
      "/v1/",
      "/%76%31/apps",
      "/v2/fns",
      "/",
      "/version",
    ]) {
      const isRefused = refusedAt[type].some((refused) => refused === path);
      test(`${path} is ${isRefused ? "refused" : "served"} by type ${type}`, async () => {
        const { port } = await startNode(answering(200, [], "ok"), { type });
        const { status, body } = await call(port, path, { method: "POST" });
        assert.equal(status === 400, isRefused);
        if (!isRefused || type === "full") return;
        const { error, message } = JSON.parse(body);
        assert.equal(error?.message ?? message, SENTENCES[type]);
      });
    }
  }

  test("a node of type api answers what it is asked about itself", async () => {
    const { port } = await startNode(() => assert.fail("ran"), { type: "api" });
    for (const path of ["/metrics", "/health/ready"]) assert.equal((await call(port, path)).status, 200);
  });
});

describe("what the agent is given", () => {
  test("method, target, host, URL, fields, body and deadline of the request", async () => {
    let seen: Submission | undefined;
    let body = "";
    const { port } = await startNode(async (submission) => {
      seen = submission;
      for await (const part of submission.input.body ?? []) body += Buffer.from(part).toString();
    });
    const headers = { "X-Tag": ["a", "b"], "Content-Length": 3, Connection: "close, x-hop", "X-Hop": "1" };
    await call(port, "/r/app/x?q=%20", { method: "PUT", headers }, "abc");
    assert.ok(seen);
    const { input, createdAtMs } = seen;
    assert.equal(input.method, "PUT");
    assert.equal(input.target, "/r/app/x?q=%20");
    assert.equal(input.host, `127.0.0.1:${port}`);
    assert.equal(input.requestUrl, `http://127.0.0.1:${port}/r/app/x?q=%20`);
    assert.deepEqual(input.headers, [
      ["X-Tag", "a"],
      ["X-Tag", "b"],
      ["Content-Length", "3"],
    ]);
    assert.equal(input.bodyBytes, 3);
    assert.equal(body, "abc");
    assert.equal(input.deadlineMs, createdAtMs + 30_000);
  });

  test("whether it is called by its id: then it came by no trigger", async () => {
    const seen: (readonly [isDirect: boolean, requestUrl: string])[] = [];
    const { port } = await startNode(async ({ input }) => {
      seen.push([input.isDirect, input.requestUrl]);
    });
    for (const path of ["/r/app/x", "/t/app/x", "/invoke/F?q=1"]) await call(port, path, { method: "POST" });
    const url = `http://127.0.0.1:${port}`;
    assert.deepEqual(seen, [
      [false, `${url}/r/app/x`],
      [false, `${url}/t/app/x`],
      [true, `${url}/invoke/F?q=1`],
    ]);
  });

  test("no body when there is none, and no length when the client sent chunks", async () => {
    const seen: (readonly [hasBody: boolean, bytes: number | undefined])[] = [];
    const { port } = await startNode(async ({ input }) => {
      seen.push([input.body !== undefined, input.bodyBytes]);
    });
    await call(port, "/r/app/x");
    await call(port, "/r/app/x", { method: "POST", headers: { "Content-Length": 0 } });
    await call(port, "/r/app/x", { method: "POST", headers: { "Transfer-Encoding": "chunked" } }, "abc");
    assert.deepEqual(seen, [
      [false, undefined],
      [false, 0],
      [true, undefined],
    ]);
  });

  test("a body that is too long by its length is refused before the call", async () => {
    const { port } = await startNode(() => assert.fail("ran"));
    const answer = await call(port, "/r/app/x", { method: "POST" }, "x".repeat(1001));
    assert.equal(answer.status, 413);
    assert.equal(
      JSON.parse(answer.body).error.message,
      "Content-Length too large for this server, 1001 > max 1000",
    );
  });

  test("a body that turns out too long breaks the call", async () => {
    const { port } = await startNode(async ({ input }) => {
      for await (const _ of input.body ?? []);
    });
    const headers = { "Transfer-Encoding": "chunked" };
    assert.equal((await call(port, "/r/app/x", { method: "POST", headers }, "x".repeat(1001))).status, 413);
  });

  test("a client that leaves cancels the call", async () => {
    const cancelled = Promise.withResolvers<unknown>();
    const { port } = await startNode(async ({ cancel }) => {
      await new Promise<void>((resolve) => cancel.signal.addEventListener("abort", resolve));
      cancelled.resolve(cancel.signal.reason);
      throw cancel.signal.reason;
    });
    const client = connect(port, "127.0.0.1");
    client.write("GET /r/app/x HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(client, "connect");
    client.destroy();
    const reason = await cancelled.promise;
    assert.equal(reason instanceof FnError && reason.code, "client_gone");
  });
});

describe("what nobody foresaw", () => {
  for (const path of ["/r/app/x", "/invoke/F"]) {
    test(`before a call by ${path} begins: its caller is told nothing of it, and the log all`, async () => {
      const logged: string[] = [];
      const { port } = await startNode(() => assert.fail("ran"), {
        log: pino({}, { write: (line) => logged.push(line) }),
        beforeQuery: () => Promise.reject(new Error("disk on fire")),
      });
      const { status, body } = await call(port, path, { method: "POST" });
      assert.deepEqual([status, body.includes("fire")], [500, false]);
      assert.equal(logged.filter((line) => line.includes("disk on fire")).length, 1);
    });
  }
});

describe("one connection", () => {
  test("serves the next call after one whose body the function did not read", async () => {
    const { port } = await startNode(answering(200, [], "ok"), { bodyMax: 10_000_000 });
    const client = connect(port, "127.0.0.1");
    const body = "x".repeat(5_000_000);
    const head = `POST /r/app/x HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`;
    client.write(`${head}${body}GET /r/app/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    let text = "";
    for await (const part of client) text += part;
    assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
  });

  test("a stopping node finishes what has begun, closes the connection, and takes no new one", async () => {
    const end = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { port, node } = await startNode(async ({ sink }) => {
      begun.resolve();
      await end.promise;
      sink.head(200, [], undefined);
    });
    const answer = call(port, "/r/app/x", { headers: { Connection: "keep-alive" } });
    await begun.promise;
    const stopped = node.stop();
    await new Promise((resolve) => setImmediate(resolve));
    await assert.rejects(call(port, "/r/app/x"), { code: "ECONNREFUSED" });
    end.resolve();
    assert.equal((await answer).status, 200);
    await stopped;
  });
});

function raise(error: FnError): never {
  throw error;
}
