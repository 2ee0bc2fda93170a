import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { describe, test } from "node:test";
import { systemClock } from "../clock/clock.ts";
import { FnError } from "../model/errors.ts";
import { answering, call, type Run, startNode } from "./invoke-rig.suite.ts";

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

  test("tells that a container was started for it, and only then", async () => {
    const cold = await startNode(answering(200, [], ""));
    assert.equal((await call(cold.port, "/r/app/x")).headers["fn-cold-start"], "1");
    const hot = await startNode(async ({ sink }) => {
      sink.started(1000, { queue: 0.001 });
      sink.head(200, [["Fn-Cold-Start", "1"]], undefined);
    });
    assert.equal((await call(hot.port, "/r/app/x")).headers["fn-cold-start"], undefined);
  });

  test("tells how long each step took, to a caller that asks", async () => {
    const { port } = await startNode(answering(200, [], "ok"));
    assert.equal((await call(port, "/r/app/x")).headers["server-timing"], undefined);
    const { headers } = await call(port, "/r/app/x", { headers: { "Fn-Show-Timeline": "1" } });
    assert.match(
      headers["server-timing"]?.toString() ?? "",
      /^queue;dur=0\.200, start;dur=40\.000, run;dur=\d+\.\d{3}$/,
    );
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

describe("API reference 3.4: response headers", () => {
  test("Fn_call_id is the call's id, and Xxx-Fxlb-Wait what it waited, in Go's spelling and bytes", async () => {
    const { port } = await startNode(answering(200, [], ""));
    const { raw } = await call(port, "/r/app/x");
    assert.match(raw[raw.indexOf("Fn_call_id") + 1] ?? "", /^[0-9A-Z]{26}$/);
    assert.equal(raw[raw.indexOf("Fn-Node") + 1], "node-1");
    const wait = Buffer.from(raw[raw.indexOf("Xxx-Fxlb-Wait") + 1] ?? "", "latin1").toString();
    assert.equal(wait, "205.588\u00b5s");
  });

  test("Content-Type is application/json when nobody says otherwise", async () => {
    const { port } = await startNode(answering(200, [], "ok"));
    assert.equal((await call(port, "/r/app/x")).headers["content-type"], "application/json");
  });

  test("the route's fields stand beside the function's, and the function's type goes before the route's", async () => {
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

  test("a 503 tells what it waited, and when to come back: Retry-After", async () => {
    const { port } = await startNode(async () => {
      throw new FnError("server_busy");
    });
    const { status, headers } = await call(port, "/r/app/x");
    assert.equal(status, 503);
    assert.equal(headers["retry-after"], "15");
    assert.notEqual(headers["xxx-fxlb-wait"], undefined);
  });

  test("an error that is no 503 has no Retry-After", async () => {
    const { port } = await startNode(async () => {
      throw new FnError("call_timeout");
    });
    const { status, headers, raw } = await call(port, "/r/app/x");
    assert.deepEqual([status, headers["retry-after"]], [504, undefined]);
    assert.equal(raw.filter((name) => name === "Xxx-Fxlb-Wait").length, 1);
    assert.equal(headers["content-type"], "application/json; charset=utf-8");
  });
});

describe("API reference 8.4: response headers of a call by trigger or by id", () => {
  const TYPED = [["Content-Type", "text/plain"]] as const;

  for (const path of ["/t/app/x", "/invoke/F"]) {
    const post = { method: "POST" };

    test(`${path}: the function's, Fn-Call-Id, and nothing else of the platform's`, async () => {
      const { port } = await startNode(answering(200, TYPED, "ok"));
      const { raw } = await call(port, path, post);
      const names = raw.filter((_, index) => index % 2 === 0);
      assert.deepEqual(names, ["Fn-Call-Id", "Content-Type", "Date", "Content-Length", "Connection"]);
    });

    test(`${path}: a balancer is told what the call has waited, too`, async () => {
      const { port } = await startNode(answering(200, TYPED, "ok"));
      const { headers } = await call(port, path, { ...post, headers: { Via: "1.1 fnlb" } });
      assert.notEqual(headers["xxx-fxlb-wait"], undefined);
    });

    test(`${path}: no type when the function says none`, async () => {
      const { port } = await startNode(answering(200, [], "ok"));
      assert.equal((await call(port, path, post)).headers["content-type"], undefined);
    });

    test(`${path}: how long each step took, for a caller that asks`, async () => {
      const { port } = await startNode(answering(200, [], "ok"));
      const { headers } = await call(port, path, { ...post, headers: { "Fn-Show-Timeline": "1" } });
      assert.match(headers["server-timing"]?.toString() ?? "", /^queue;dur=0\.200, start;/);
    });
  }

  test("those of the trigger are added to an answer by it, and to no other", async () => {
    const { port } = await startNode(answering(200, [], "ok"), { trigger: { headers: { "X-A": ["1"] } } });
    assert.equal((await call(port, "/t/app/x")).headers["x-a"], "1");
    assert.equal((await call(port, "/invoke/F", { method: "POST" })).headers["x-a"], undefined);
  });
});

describe("API reference 8.3: errors of a call by trigger or by id", () => {
  const answerInvalid = new FnError("answer_invalid", { format: "http", reason: "no head" });
  const errors: readonly (readonly [error: FnError, status: number, message: string])[] = [
    [new FnError("call_timeout"), 504, "Timed out"],
    [new FnError("server_busy"), 503, "Timed out - server too busy"],
    [new FnError("function_failed"), 502, "function failed"],
    [new FnError("answer_cut"), 502, "error receiving function response"],
    [new FnError("container_exited", { exit: 3 }), 502, "error receiving function response"],
    [answerInvalid, 502, "invalid function response"],
    [new FnError("answer_body_too_large"), 502, "function response body too large"],
    [
      new FnError("container_init_failed"),
      502,
      "Container failed to initialize, please ensure you are using the latest fdk and check the logs",
    ],
    [
      new FnError("container_init_timeout"),
      504,
      "Container initialization timed out, please ensure you are using the latest fdk and check the logs",
    ],
    [new FnError("body_too_large", { length: 2, max: 1 }), 413, "Request content too large"],
    [new FnError("resources_impossible"), 400, "Requested CPU/Memory cannot be allocated"],
  ];
  for (const [error, status, message] of errors) {
    test(`${error.code} is ${status} ${message.slice(0, 50)}`, async () => {
      const { port } = await startNode(() => Promise.reject(error));
      const answer = await call(port, "/invoke/F", { method: "POST" });
      const { message: sentence, code } = JSON.parse(answer.body);
      assert.deepEqual([answer.status, sentence, code], [status, message, error.code]);
      assert.equal(answer.headers["content-type"], "application/json; charset=utf-8");
      assert.notEqual(answer.headers["fn-call-id"], undefined);
      assert.equal(answer.headers["retry-after"] !== undefined, status === 503);
    });
  }

  test("what the sentence leaves out is told beside it", async () => {
    const { port } = await startNode(() => Promise.reject(answerInvalid));
    const { body } = await call(port, "/t/app/x");
    assert.equal(JSON.parse(body).fields, answerInvalid.message);
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

  test("is an honest error also when it takes long to find out why", async () => {
    const run: Run = async ({ sink }) => {
      sink.head(200, [], 100);
      await sink.write(Buffer.from("partial"));
      sink.failing?.();
      await new Promise((resolve) => systemClock.after(40, () => resolve(undefined)));
      throw new FnError("container_exited", { exit: 1 });
    };
    const { port } = await startNode(run);
    assert.equal((await call(port, "/r/app/x")).status, 502);
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
