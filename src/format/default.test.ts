import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaultFormat } from "./default.ts";
import { describeFormat } from "./format.suite.ts";
import { callInput, never, RecordingSink, stdioChannels } from "./testdata/scripted-function.ts";

describeFormat({
  format: defaultFormat,
  channels: stdioChannels,
  answer: (body) => body,
  requestBody: (received, hasEnded) => (hasEnded ? received : undefined),
  isBinarySafe: true,
  isStreaming: true,
});

describe("the environment of a default call", () => {
  const input = callInput({
    method: "POST",
    target: "/r/shop/greet?lang=de",
    requestUrl: "http://fn.example:8080/r/shop/greet?lang=de",
    headers: [
      ["Content-Type", "application/json"],
      ["x-tag", "a"],
      ["X-Tag", "b"],
      ["Content-Length", "14"],
    ],
  });

  test("has the call, its fields as Fn spells them, and its fields as the documentation spells them", () => {
    assert.deepEqual(defaultFormat.callEnv(input), {
      FN_CALL_ID: "01C4GT0000000000000000000A",
      FN_METHOD: "POST",
      FN_REQUEST_URL: "http://fn.example:8080/r/shop/greet?lang=de",
      FN_DEADLINE: "2018-01-22T10:00:30.000Z",
      FN_HEADER_Fn_deadline: "2018-01-22T10:00:30.000Z",
      "FN_HEADER_Content-Length": "14",
      FN_HEADER_CONTENT_LENGTH: "14",
      "FN_HEADER_Content-Type": "application/json",
      FN_HEADER_CONTENT_TYPE: "application/json",
      "FN_HEADER_X-Tag": "a, b",
      FN_HEADER_X_TAG: "a, b",
    });
  });

  test("takes nothing about the call from the client", () => {
    const env = defaultFormat.callEnv(
      callInput({
        headers: [
          ["FN_DEADLINE", "never"],
          ["Fn_call_id", "mine"],
          ["FN_METHOD", "MINE"],
          ["fn_request_url", "http://mine"],
        ],
      }),
    );
    assert.deepEqual(Object.keys(env).sort(), [
      "FN_CALL_ID",
      "FN_DEADLINE",
      "FN_HEADER_Fn_deadline",
      "FN_METHOD",
      "FN_REQUEST_URL",
    ]);
    assert.ok(!Object.values(env).some((value) => /mine|never/i.test(value)));
  });

  test("lets no field with an underscore stand in for one with a dash", () => {
    const { FN_HEADER_X_1, ...env } = defaultFormat.callEnv(
      callInput({
        headers: [
          ["X-1", "theirs"],
          ["X_1", "mine"],
          ["X_User", "mine"],
        ],
      }),
    );
    assert.equal(FN_HEADER_X_1, "theirs");
    assert.equal(env.FN_HEADER_X_user, "mine");
    assert.equal("FN_HEADER_X_USER" in env, false);
  });

  test("is text in UTF-8, as the client sent it", () => {
    const env = defaultFormat.callEnv(callInput({ headers: [["X-Name", "J\u00c3\u00b6rg"]] }));
    assert.equal(env["FN_HEADER_X-Name"], "J\u00f6rg");
  });
});

describe("a default call", () => {
  test("has a head only if something was printed", async () => {
    const { sink, fn, call } = await begin();
    fn.close();
    await call;
    assert.equal(sink.status, undefined);
  });

  test("gets what was printed before it was asked", async () => {
    const { container, nextFunction } = await stdioChannels();
    const fn = await nextFunction();
    const session = await defaultFormat.open(container, never());
    await fn.write("early");
    fn.close();
    const sink = new RecordingSink();
    await session.exchange(callInput(), sink, never());
    assert.equal(String(sink.body), "early");
  });

  test("gets the answer of a function that closed its input", async () => {
    const { sink, fn, call } = await begin(Buffer.alloc(1_000_000));
    fn.input.destroy(new Error("EPIPE"));
    await fn.write("fine");
    fn.close();
    await call;
    assert.equal(String(sink.body), "fine");
  });

  test("is the only one", async () => {
    const { session, fn, call } = await begin();
    assert.equal(session.isReusable, false);
    fn.close();
    await call;
    await assert.rejects(session.exchange(callInput(), new RecordingSink(), never()));
  });

  async function begin(content?: Buffer) {
    const { container, nextFunction } = await stdioChannels();
    const session = await defaultFormat.open(container, never());
    const fn = await nextFunction();
    if (content) fn.stopReading();
    const sink = new RecordingSink();
    const call = session.exchange(callInput(content ? { content } : {}), sink, never());
    return { session, sink, fn, call };
  }
});
