import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FormatName } from "../../model/fn.ts";
import { CapturedAnswer } from "./captured-answer.ts";

function answerOf(max = 100): CapturedAnswer {
  const answer = new CapturedAnswer(max, () => {});
  answer.head(201, [
    ["Content-Type", "text/plain"],
    ["X-Tag", "a"],
    ["X-Tag", "b"],
  ]);
  answer.write(Buffer.from("Hallo "));
  answer.write(Buffer.from("Ada"));
  return answer;
}

describe("what is kept of an answer", () => {
  test("is its status, its fields and its body", () => {
    const { body, ...head } = answerOf().stored();
    assert.equal(String(body), "Hallo Ada");
    assert.deepEqual(head, {
      status: 201,
      headers: [
        ["Content-Type", "text/plain"],
        ["X-Tag", "a"],
        ["X-Tag", "b"],
      ],
      bodyBytes: 9,
    });
  });

  test("is no more of the body than the limit, and its whole length", () => {
    const { body, bodyBytes } = answerOf(7).stored();
    assert.deepEqual([String(body), bodyBytes], ["Hallo A", 9]);
  });

  test("does not change with the buffer that it was read into", () => {
    const answer = new CapturedAnswer(100, () => {});
    const buffer = Buffer.from("mine");
    answer.write(buffer);
    buffer.fill("x");
    assert.equal(String(answer.stored().body), "mine");
  });

  test("is an empty 200 when the function said nothing", () => {
    const { status, bodyBytes } = new CapturedAnswer(100, () => {}).stored();
    assert.deepEqual([status, bodyBytes], [200, 0]);
  });
});

describe("what the call's log has of an answer", () => {
  const http =
    "HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nX-Tag: a\r\nX-Tag: b\r\nContent-Length: 9\r\n\r\nHallo Ada";
  const LOGS: readonly (readonly [FormatName, string])[] = [
    ["default", "Hallo Ada"],
    ["http", http],
    [
      "json",
      '{"body":"Hallo Ada","protocol":{"status_code":201,"headers":{"Content-Type":["text/plain"],"X-Tag":["a","b"]}}}\n',
    ],
  ];
  for (const [format, log] of LOGS) {
    test(`is, in format ${format}, ${format === "default" ? "its bytes" : "the whole of it"}`, () => {
      assert.equal(Buffer.from(answerOf().logBytes(format)).toString(), log);
    });
  }

  test("is nothing in format http-stream, which answers over a socket", () => {
    assert.equal(answerOf().logBytes("http-stream").length, 0);
  });

  test("is nothing while it has not begun", () => {
    assert.equal(new CapturedAnswer(100, () => {}).logBytes("http").length, 0);
  });
});
