import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answered, begin, requestOf } from "./http-stream-rig.suite.ts";
import { bodyOf, rejects } from "./testdata/scripted-function.ts";

describe("http-stream of a call by the function's id", () => {
  test("passes the client's fields as they are, and says nothing of its request", async (t) => {
    const request = await requestOf(t, {
      isDirect: true,
      headers: [
        ["content-type", "text/plain"],
        ["Authorization", "x"],
        ["Fn-Intent", "theirs"],
        ["Fn-Http-H-X-Tag", "theirs"],
        ["x-tag", "b"],
        ["X-Tag", "a"],
      ],
      body: bodyOf([Buffer.from("19.90")]),
      bodyBytes: undefined,
    });
    assert.equal(
      request,
      [
        "POST /call HTTP/1.1",
        "Host: localhost",
        "Transfer-Encoding: chunked",
        "Authorization: x",
        "Content-Type: text/plain",
        "Fn-Call-Id: 01C4GT0000000000000000000A",
        "Fn-Deadline: 2018-01-22T10:00:30Z",
        "Fn-Http-H-X-Tag: theirs",
        "Fn-Intent: theirs",
        "X-Tag: b",
        "X-Tag: a",
        "",
        "5",
        "19.90",
        "0",
        "",
        "",
      ].join("\r\n"),
    );
  });

  test("has its own framing, call id and deadline, whatever the client sends", async (t) => {
    const request = await requestOf(t, {
      isDirect: true,
      headers: [
        ["Content-Length", "5"],
        ["transfer-encoding", "gzip"],
        ["Host", "theirs"],
        ["Fn-Call-Id", "theirs"],
        ["fn-deadline", "theirs"],
      ],
    });
    assert.equal(
      request,
      [
        "POST /call HTTP/1.1",
        "Host: localhost",
        "Content-Length: 0",
        "Fn-Call-Id: 01C4GT0000000000000000000A",
        "Fn-Deadline: 2018-01-22T10:00:30Z",
        "",
        "",
      ].join("\r\n"),
    );
  });

  test("answers 200 with every field of the function but those of the hop and the framing", async (t) => {
    const { sink } = await answered(
      t,
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nFn-Http-Status: 302\r\n" +
        "Fn-Http-H-Location: https://shop.example/tea\r\nfn-fdk-version: demo/1.0\r\n" +
        "Connection: X-Hop\r\nX-Hop: 1\r\nX-Tag: a\r\nContent-Length: 2\r\n\r\nhi",
      { isDirect: true },
    );
    assert.equal(sink.status, 200);
    assert.deepEqual(sink.headers, [
      ["Content-Type", "text/html"],
      ["Fn-Http-Status", "302"],
      ["Fn-Http-H-Location", "https://shop.example/tea"],
      ["Fn-Fdk-Version", "demo/1.0"],
      ["X-Tag", "a"],
    ]);
    assert.deepEqual([sink.bodyBytes, String(sink.body)], [2, "hi"]);
  });

  test("takes an Fn-Http-Status that is none for a field like any other", async (t) => {
    const { sink } = await answered(
      t,
      "HTTP/1.1 200 OK\r\nFn-Http-Status: abc\r\nContent-Length: 0\r\n\r\n",
      { isDirect: true },
    );
    assert.deepEqual(sink.headers, [["Fn-Http-Status", "abc"]]);
  });

  for (const [status, code] of [
    [418, "answer_invalid"],
    [502, "function_failed"],
    [504, "call_timeout"],
  ] as const) {
    test(`with ${status} fails with ${code}`, async (t) => {
      const { fn, call } = await begin(t, { isDirect: true });
      await fn.write(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`);
      await rejects(call, code);
    });
  }
});
