import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, test } from "node:test";
import type { Submission } from "../agent/agent.ts";
import { FnError } from "../model/errors.ts";
import { answering, call, startNode } from "./invoke-rig.suite.ts";

describe("which calls there are", () => {
  const found: readonly (readonly [path: string, status: number, message?: string])[] = [
    ["/r/app/x", 200],
    ["/r/app//y/.././x/?q=1", 200],
    ["/r/app%2Fx", 200],
    ["/r/app/y", 404, "Route not found"],
    ["/r/app", 404, "Route not found"],
    ["/r/nope/x", 404, "App not found"],
    ["/r//x", 400, "Missing app name"],
    ["/r/app/%zz", 400, "Path malformed"],
  ];
  for (const [path, status, message] of found) {
    test(`${path} is ${status} ${message ?? ""}`, async () => {
      const { port } = await startNode(answering(200, [], "ok"));
      const answer = await call(port, path);
      assert.equal(answer.status, status);
      if (message) assert.equal(JSON.parse(answer.body).error.message, message);
      if (message) assert.equal(answer.headers.fn_call_id, undefined);
    });
  }

  test("a call of an async route is refused while there is no queue", async () => {
    const { port } = await startNode(() => assert.fail("ran"), { fn: { type: "async" } });
    assert.equal((await call(port, "/r/app/x")).status, 501);
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
