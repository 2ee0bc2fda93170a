import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Cancel } from "../../clock/cancel.ts";
import { FakeClock } from "../../clock/fake-clock.ts";
import { FnError } from "../../model/errors.ts";
import type { QueuedRequest } from "../../model/queued-call.ts";
import type { Submission } from "../agent.ts";
import { CallLog } from "../call-log.ts";
import { calledFn } from "../called.suite.ts";
import { queuedCall } from "./async-rig.suite.ts";
import { runClaimed } from "./run-claimed.ts";

/** What the agent is given, an hour after the call was accepted. */
async function submitted(request: Partial<QueuedRequest> = {}, submit = async (_: Submission) => {}) {
  const clock = new FakeClock();
  const queued = queuedCall("call-1", clock.nowMs(), request);
  await clock.advance(3_600_000);
  let submission: Submission | undefined;
  const agent = {
    async submit(given: Submission) {
      submission = given;
      await submit(given);
    },
  };
  const outcome = runClaimed({
    agent,
    clock,
    claimed: { ...queued, attempts: 1, refusals: 0 },
    called: calledFn("f", { fn: { timeoutS: 60, format: "http" } }),
    cancel: new Cancel(),
    answerBytesMax: 100,
    onStarted() {},
  });
  assert.ok(submission);
  return { clock, queued, submission, outcome };
}

describe("a claimed call comes to the agent", () => {
  test("with what its caller sent", async () => {
    const request = {
      method: "PUT",
      target: "/r/shop/f?q=tea",
      host: "fn.example:8080",
      headers: [["X-Tag", "a"]],
      body: Buffer.from("19.90"),
    } as const;
    const { input } = (await submitted(request)).submission;
    const { method, target, host, requestUrl, headers, bodyBytes } = input;
    assert.deepEqual([method, target, host, headers], ["PUT", request.target, request.host, request.headers]);
    assert.deepEqual([requestUrl, bodyBytes], ["http://fn.example:8080/r/shop/f?q=tea", 5]);
    const parts: Uint8Array[] = [];
    for await (const part of input.body ?? []) parts.push(part);
    assert.equal(Buffer.concat(parts).toString(), "19.90");
  });

  test("without a body when there was none", async () => {
    const { input } = (await submitted()).submission;
    assert.deepEqual([input.body, input.bodyBytes], [undefined, 0]);
  });

  test("as direct when it came by no trigger", async () => {
    assert.equal((await submitted({ triggerId: undefined })).submission.input.isDirect, true);
    assert.equal((await submitted({ triggerId: "T" })).submission.input.isDirect, false);
  });

  test("accepted when it was, with its deadline counted from now", async () => {
    const { clock, queued, submission } = await submitted();
    assert.equal(submission.createdAtMs, queued.call.createdAtMs);
    assert.equal(submission.createdAtNs, clock.monotonicNs());
    assert.equal(submission.input.deadlineMs, clock.nowMs() + 60_000);
  });
});

describe("the outcome of a claimed call", () => {
  const ended = {
    appId: "A",
    appName: "shop",
    fnId: "f",
    path: "/f",
    error: undefined,
    createdAtMs: 0,
    timeline: {},
  };
  const call = { ...ended, id: "call-1", status: "success", startedAtMs: 0, completedAtMs: 0 } as const;

  test("is its record with the answer in the log, and the answer", async () => {
    const { outcome } = await submitted({}, async ({ sink, record, path = "" }) => {
      sink.started(0, {});
      sink.head(200, [["X-Tag", "a"]], 2);
      sink.write(Buffer.from("hi"));
      record?.({ ...call, path }, new CallLog());
    });
    const { error, wasRun, record, answer } = await outcome;
    assert.deepEqual(
      [error, wasRun, record?.call.path, String(answer?.body)],
      [undefined, true, "/by/this/path", "hi"],
    );
    assert.equal(record?.log, "HTTP/1.1 200 OK\r\nX-Tag: a\r\nContent-Length: 2\r\n\r\nhi");
  });

  test("is the error, and what came of an answer in the log alone, when it failed", async () => {
    const { outcome } = await submitted({}, async ({ sink, record }) => {
      sink.started(0, {});
      sink.head(200, [], undefined);
      sink.write(Buffer.from("ha"));
      record?.(call, new CallLog());
      throw new FnError("answer_cut");
    });
    const { error, answer, record } = await outcome;
    assert.deepEqual([error?.code, answer], ["answer_cut", undefined]);
    assert.match(record?.log ?? "", /ha$/);
  });

  test("comes without a record when the agent stops", async () => {
    const { outcome } = await submitted({}, async () => {
      throw new FnError("server_stopping");
    });
    const { error, wasRun, record } = await outcome;
    assert.deepEqual([error?.code, wasRun, record], ["server_stopping", false, undefined]);
  });
});
