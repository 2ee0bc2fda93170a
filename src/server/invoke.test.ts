import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { connect } from "node:net";
import { after, describe, test } from "node:test";
import type { Submission } from "../agent/agent.ts";
import { systemClock } from "../clock/clock.ts";
import { createIds } from "../clock/ids.ts";
import { seededRandom } from "../clock/random.ts";
import { FnError } from "../model/errors.ts";
import { FN_DEFAULTS } from "../model/fn.ts";
import type { Trigger } from "../model/trigger.ts";
import type { RouteInApp, Store } from "../store/store.ts";
import { HttpNode } from "./node.ts";

type Run = (submission: Submission) => Promise<void>;

const nodes: HttpNode[] = [];
after(async () => {
  for (const node of nodes) {
    const stopped = node.stop();
    node.kill();
    await stopped;
  }
});

/** A node whose agent is `run`, with one route: `app/x`. */
async function startNode(
  run: Run,
  more: {
    readonly trigger?: Partial<Trigger>;
    readonly fn?: Partial<RouteInApp["fn"]>;
    readonly bodyMax?: number;
  } = {},
): Promise<{ readonly port: number; readonly node: HttpNode }> {
  const ids = createIds(systemClock, seededRandom(1));
  const times = { createdAtMs: 0, updatedAtMs: 0 };
  const trigger: Trigger = {
    id: "T",
    appId: "A",
    fnId: "F",
    name: "/x",
    type: "http",
    source: "/x",
    headers: {},
    ...times,
    ...more.trigger,
  };
  const route: RouteInApp = {
    app: { id: "A", name: "app", config: {}, ...times },
    fn: { ...FN_DEFAULTS, format: "http", id: "F", appId: "A", name: "/x", image: "i", ...times, ...more.fn },
    trigger,
  };
  const store = {
    changeCount: async () => 1,
    apps: { get: async (name: string) => (name === "app" ? route.app : undefined) },
    routes: {
      get: async (name: string, path: string) => (name === "app" && path === "/x" ? route : undefined),
    },
  };
  const node = new HttpNode({
    agent: { submit: run },
    // What an invocation uses of a store.
    store: store as unknown as Store,
    management: { handle: () => assert.fail("not a call"), close: async () => {} },
    clock: systemClock,
    ids,
    nodeName: "node-1",
    bodyBytesMax: more.bodyMax ?? 1000,
    host: "127.0.0.1",
    port: 0,
  });
  nodes.push(node);
  return { port: await node.start(), node };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly raw: readonly string[];
  readonly body: string;
}

async function call(
  port: number,
  path: string,
  options: RequestOptions = {},
  body?: string,
): Promise<Answer> {
  const request = httpRequest({ port, host: "127.0.0.1", path, agent: false, ...options });
  request.end(body);
  const [response]: IncomingMessage[] = await once(request, "response");
  assert.ok(response);
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  const { statusCode: status = 0, headers, rawHeaders: raw } = response;
  return { status, headers, raw, body: Buffer.concat(parts).toString() };
}

/** An agent that answers with this. */
function answering(status: number, headers: readonly (readonly [string, string])[], body: string): Run {
  return async ({ sink }) => {
    sink.started(205_588);
    sink.head(status, headers, undefined);
    await sink.write(Buffer.from(body));
  };
}

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
      await once(cancel.signal, "abort");
      cancelled.resolve(cancel.signal.reason.code);
      throw cancel.signal.reason;
    });
    const client = connect(port, "127.0.0.1");
    client.write("GET /r/app/x HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(client, "connect");
    client.destroy();
    assert.equal(await cancelled.promise, "client_gone");
  });
});

describe("the answer to the caller", () => {
  test("has the function's status, fields and body, in one piece with its length", async () => {
    const { port } = await startNode(
      answering(
        201,
        [
          ["X-A", "1"],
          ["X-A", "2"],
          ["Content-Type", "text/plain"],
        ],
        "hi",
      ),
    );
    const { status, headers, body } = await call(port, "/r/app/x");
    assert.equal(status, 201);
    assert.equal(headers["x-a"], "1, 2");
    assert.equal(headers["content-type"], "text/plain");
    assert.equal(headers["content-length"], "2");
    assert.equal(body, "hi");
  });

  test("tells call id, node and wait, in Go's spelling and bytes", async () => {
    const { port } = await startNode(answering(200, [], ""));
    const { raw } = await call(port, "/r/app/x");
    assert.match(raw[raw.indexOf("Fn_call_id") + 1] ?? "", /^[0-9A-Z]{26}$/);
    assert.equal(raw[raw.indexOf("Fn-Node") + 1], "node-1");
    const wait = Buffer.from(raw[raw.indexOf("Xxx-Fxlb-Wait") + 1] ?? "", "latin1").toString();
    assert.equal(wait, "205.588\u00b5s");
  });

  test("a function cannot set what the platform says, nor the framing", async () => {
    const lies = [
      ["XXX-FXLB-WAIT", "99h"],
      ["fn_call_id", "mine"],
      ["Fn-Node", "other"],
      ["Content-Length", "1000"],
      ["Connection", "close"],
    ] as const;
    const { port } = await startNode(answering(200, lies, "ok"));
    const { headers, raw } = await call(port, "/r/app/x");
    assert.equal(raw.filter((name) => name.toLowerCase() === "xxx-fxlb-wait").length, 1);
    assert.equal(headers["fn-node"], "node-1");
    assert.equal(headers["content-length"], "2");
    assert.notEqual(headers.fn_call_id, "mine");
  });

  test("is application/json when nobody says otherwise", async () => {
    const { port } = await startNode(answering(200, [], "ok"));
    assert.equal((await call(port, "/r/app/x")).headers["content-type"], "application/json");
  });

  test("has the route's fields beside the function's, and the function's type before the route's", async () => {
    const trigger = { headers: { "X-A": ["route"], "Content-Type": ["text/html"] } };
    const typed = await startNode(
      answering(
        200,
        [
          ["X-A", "fn"],
          ["content-type", "text/plain"],
        ],
        "",
      ),
      { trigger },
    );
    const { headers } = await call(typed.port, "/r/app/x");
    assert.equal(headers["x-a"], "route, fn");
    assert.equal(headers["content-type"], "text/plain");
    const untyped = await startNode(answering(200, [], ""), { trigger });
    assert.equal((await call(untyped.port, "/r/app/x")).headers["content-type"], "text/html");
  });

  test("to HEAD has the length and no body; 204 has neither", async () => {
    const ok = await startNode(answering(200, [], "four"));
    const head = await call(ok.port, "/r/app/x", { method: "HEAD" });
    assert.equal(head.headers["content-length"], "4");
    assert.equal(head.body, "");
    const empty = await startNode(answering(204, [], ""));
    assert.equal((await call(empty.port, "/r/app/x")).headers["content-length"], undefined);
  });

  test("to HEAD tells the length that the function tells", async () => {
    const { port } = await startNode(async ({ sink }) => sink.head(200, [], 70_000));
    assert.equal((await call(port, "/r/app/x", { method: "HEAD" })).headers["content-length"], "70000");
  });

  test("a long answer whose length is known streams with that length", async () => {
    const { port } = await startNode(async ({ sink }) => {
      sink.head(200, [], 140_000);
      await sink.write(Buffer.alloc(70_000, "a"));
      await sink.write(Buffer.alloc(70_000, "b"));
    });
    const { headers, body } = await call(port, "/r/app/x");
    assert.equal(headers["content-length"], "140000");
    assert.equal(body.length, 140_000);
  });

  test("a long answer streams, as fast as the caller reads", async () => {
    const part = Buffer.alloc(64 * 1024, "x");
    const { port } = await startNode(async ({ sink }) => {
      sink.head(200, [], undefined);
      for (let i = 0; i < 100; i++) await sink.write(part);
    });
    const answer = await call(port, "/r/app/x");
    assert.equal(answer.headers["transfer-encoding"], "chunked");
    assert.equal(answer.body.length, 100 * part.length);
  });

  test("the first part of a slow answer leaves before its end", async () => {
    const end = Promise.withResolvers<void>();
    const { port } = await startNode(async ({ sink }) => {
      sink.head(200, [], undefined);
      await sink.write(Buffer.from("first"));
      await end.promise;
    });
    const request = httpRequest({ port, host: "127.0.0.1", path: "/r/app/x", agent: false });
    request.end();
    const [response]: IncomingMessage[] = await once(request, "response");
    const [part] = response ? await once(response, "data") : [];
    assert.equal(String(part), "first");
    end.resolve();
  });
});

describe("the answer of a call that failed", () => {
  const failing = (error: FnError, before = ""): Run => {
    return async ({ sink }) => {
      sink.head(200, [["X-A", "1"]], undefined);
      await sink.write(Buffer.from(before));
      throw error;
    };
  };

  test("has the error's status and sentence, the call id, and nothing of the function's", async () => {
    const { port } = await startNode(failing(new FnError("container_exited", { exit: 3 }), "partial"));
    const { status, headers, body } = await call(port, "/r/app/x");
    assert.equal(status, 502);
    assert.equal(body, '{"error":{"message":"container exit code 3","code":"container_exited"}}\n');
    assert.equal(headers["content-type"], "application/json; charset=utf-8");
    assert.equal(headers["x-a"], undefined);
    assert.match(headers.fn_call_id?.toString() ?? "", /^[0-9A-Z]{26}$/);
  });

  test("tells how long it waited and when to come back, when the node was busy", async () => {
    const { port } = await startNode(async () => {
      throw new FnError("server_busy");
    });
    const { status, headers } = await call(port, "/r/app/x");
    assert.equal(status, 503);
    assert.equal(headers["retry-after"], "15");
    assert.notEqual(headers["xxx-fxlb-wait"], undefined);
  });

  test("says nothing of what broke inside", async () => {
    const { port } = await startNode(async () => {
      throw new Error("secret");
    });
    const { status, body } = await call(port, "/r/app/x");
    assert.equal(status, 500);
    assert.equal(JSON.parse(body).error.message, "internal server error");
  });

  test("is a broken connection once a part has left", async () => {
    const { port } = await startNode(failing(new FnError("answer_cut"), "x".repeat(70_000)));
    await assert.rejects(call(port, "/r/app/x"), { code: "ECONNRESET" });
  });

  test("is an honest error also after a slow beginning, when only the container's end tells", async () => {
    const run: Run = async ({ sink }) => {
      sink.head(200, [], undefined);
      await sink.write(Buffer.from("partial"));
      await new Promise((resolve) => systemClock.after(40, () => resolve(undefined)));
      throw new FnError("container_exited", { exit: 1 });
    };
    const { port } = await startNode(run, { fn: { format: "default" } });
    assert.equal((await call(port, "/r/app/x")).status, 502);
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
    await assert.rejects(call(port, "/r/app/x"), { code: "ECONNREFUSED" });
    end.resolve();
    assert.equal((await answer).status, 200);
    await stopped;
  });
});
