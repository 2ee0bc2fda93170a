import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FnError } from "../model/errors.ts";
import { describeFormat } from "./format.suite.ts";
import type { CallInput } from "./format.ts";
import { JSON_REQUEST_BODY_BYTES_MAX, jsonFormat } from "./json.ts";
import { JSON_ANSWER_BYTES_MAX } from "./json-answer.ts";
import { JSON_VALUES_MAX } from "./json-scanner.ts";
import {
  bodyOf,
  callInput,
  never,
  RecordingSink,
  rejects,
  stdioChannels,
} from "./testdata/scripted-function.ts";

describeFormat({
  format: jsonFormat,
  channels: stdioChannels,
  answer: (body) => Buffer.from(JSON.stringify({ body: body.toString() })),
  requestBody: (received) => {
    if (!received.subarray(-5).equals(Buffer.from("}\n}\n\n"))) return undefined;
    return Buffer.from(JSON.parse(received.toString()).body);
  },
  isBinarySafe: false,
  isStreaming: false,
});

describe("a json request", () => {
  test("is laid out as Fn lays it out, with the deadline and the method of later times", async () => {
    const content = Buffer.from('{"n":2}');
    const request = await requestOf({
      callId: "01C4GT0000000000000000000C",
      method: "POST",
      requestUrl: "http://fn.example:8080/r/shop/double",
      headers: [
        ["content-type", "application/json"],
        ["Content-Length", "7"],
      ],
      deadlineMs: Date.parse("2018-01-22T10:00:31.000Z"),
      body: bodyOf([content]),
      bodyBytes: 7,
    });
    assert.equal(
      request,
      `{
"call_id":"01C4GT0000000000000000000C"
,"deadline":"2018-01-22T10:00:31.000Z"
,"content_type":"application/json"
,"body":"{\\"n\\":2}"
,"protocol":{"type":"sync"
,"method":"POST"
,"request_url":"http://fn.example:8080/r/shop/double"
,"headers":{"Content-Length":["7"],"Content-Type":["application/json"],"Fn_call_id":["01C4GT0000000000000000000C"],"Fn_deadline":["2018-01-22T10:00:31.000Z"],"Fn_method":["POST"],"Fn_request_url":["http://fn.example:8080/r/shop/double"]}
}
}

`,
    );
  });

  test("says the type of the function", async () => {
    assert.equal(JSON.parse(await requestOf({ type: "async" })).protocol.type, "async");
  });

  test("has empty texts for what is absent", async () => {
    const request = JSON.parse(await requestOf({}));
    assert.equal(request.content_type, "");
    assert.equal(request.body, "");
  });

  test("escapes what would mean something in HTML or JavaScript", async () => {
    const content = Buffer.from("<b>&\u2028\u2029\n\r\t\u0001</b>");
    const request = await requestOf({ body: bodyOf([content]) });
    assert.ok(
      request.includes('"\\u003cb\\u003e\\u0026\\u2028\\u2029\\n\\r\\t\\u0001\\u003c/b\\u003e"'),
      request,
    );
  });

  test("has U+FFFD for bytes that are not UTF-8, and text for those that are, however they are split", async () => {
    const body = bodyOf([Buffer.from([0x61, 0xff, 0xc3]), Buffer.from([0xb6])]);
    assert.equal(JSON.parse(await requestOf({ body })).body, "a\ufffd\u00f6");
  });

  test("has header values as text in UTF-8", async () => {
    const request = JSON.parse(await requestOf({ headers: [["X-Name", "J\u00c3\u00b6rg"]] }));
    assert.deepEqual(request.protocol.headers["X-Name"], ["J\u00f6rg"]);
  });

  test("with a body over the limit is not sent, and the container stays usable", async () => {
    const part = Buffer.alloc(1024 * 1024);
    for (const bodyBytes of [undefined, JSON_REQUEST_BODY_BYTES_MAX + 1]) {
      const body = bodyOf(Array.from({ length: 17 }, () => part));
      const { session, fn, call } = await begin({ body, bodyBytes });
      await rejects(call, "body_too_large");
      assert.equal(fn.receivedBytes, 0);
      assert.equal(session.isReusable, true);
    }
  });

  test("that is aborted before it was sent leaves the container usable", async () => {
    const cancel = new AbortController();
    const body = bodyOf([]);
    const { session, call } = await begin({ body }, cancel.signal);
    cancel.abort(new FnError("client_gone"));
    await rejects(call, "client_gone");
    assert.equal(session.isReusable, true);
  });

  test("is not answered before it was sent", async () => {
    const sent = Promise.withResolvers<void>();
    async function* body() {
      await sent.promise;
      yield Buffer.from("a");
    }
    const { session, fn, call } = await begin({ body: body() });
    await fn.write("{}");
    await rejects(call, "answer_invalid");
    assert.equal(session.isReusable, false);
    sent.resolve();
  });
});

describe("a json answer", () => {
  test("is a body, a status and headers", async () => {
    const { sink, session } = await answered(
      '{"body":"{\\"n\\":4}","protocol":{"status_code":202,"headers":{"X-Calc":["yes","no"],"x-b":["1"]}}}',
    );
    assert.equal(sink.status, 202);
    assert.deepEqual(sink.headers, [
      ["X-Calc", "yes"],
      ["X-Calc", "no"],
      ["X-B", "1"],
    ]);
    assert.equal(sink.bodyBytes, 7);
    assert.equal(String(sink.body), '{"n":4}');
    assert.equal(session.isReusable, true);
  });

  for (const text of [
    "{}",
    '{"body":null,"protocol":null,"content_type":null}',
    '{"protocol":{"status_code":0,"headers":null}}',
    '{"protocol":{"status_code":null,"headers":{"X-A":null,"X-B":[]}},"more":[{}]}',
  ]) {
    test(`${text} is an empty 200`, async () => {
      const { sink } = await answered(text);
      assert.deepEqual([sink.status, sink.headers, sink.body.length], [200, [], 0]);
    });
  }

  test("sets the type by content_type, over the headers", async () => {
    const { sink } = await answered(
      '{"content_type":"text/plain","protocol":{"headers":{"Content-Type":["text/html"],"X-A":["1"]}}}',
    );
    assert.deepEqual(sink.headers, [
      ["X-A", "1"],
      ["Content-Type", "text/plain"],
    ]);
  });

  test("may spell its keys in any case, and the last one counts", async () => {
    const { sink } = await answered('{"body":"a","BODY":"b","Protocol":{"Status_Code":201}}');
    assert.equal(sink.status, 201);
    assert.equal(String(sink.body), "b");
  });

  test("sets no header of the hop or of the framing", async () => {
    const { sink } = await answered(
      '{"protocol":{"headers":{"content-length":["9"],"Connection":["close"],"Transfer-Encoding":["x"]}}}',
    );
    assert.deepEqual(sink.headers, []);
  });

  test("has header values in UTF-8", async () => {
    const { sink } = await answered('{"protocol":{"headers":{"X-A":["\u00f6"]}}}');
    assert.deepEqual(sink.headers, [["X-A", "\u00c3\u00b6"]]);
  });

  test("may come byte by byte, with white space around it, and braces in its texts", async () => {
    const { session, sink, fn, call } = await begin();
    for (const byte of Buffer.from(' \r\n\t{"body" : "}\\"{\\\\" }\n \n'))
      await fn.write(Buffer.from([byte]));
    await call;
    assert.equal(String(sink.body), '}"{\\');
    assert.equal(session.isReusable, true);
  });

  for (const [what, text] of [
    ["a body that is an object", '{"body":{}}'],
    ["a body that is a number", '{"body":1}'],
    ["a content type that is a number", '{"content_type":1}'],
    ["a protocol that is a text", '{"protocol":"http"}'],
    ["a status that is a text", '{"protocol":{"status_code":"200"}}'],
    ["a status with a fraction", '{"protocol":{"status_code":200.5}}'],
    ["a status of 99", '{"protocol":{"status_code":99}}'],
    ["a status of 600", '{"protocol":{"status_code":600}}'],
    ["headers that are an array", '{"protocol":{"headers":[]}}'],
    ["a header that is a text", '{"protocol":{"headers":{"X-A":"1"}}}'],
    ["a header of numbers", '{"protocol":{"headers":{"X-A":[1]}}}'],
    ["a header with a line break", '{"protocol":{"headers":{"X-A":["1\\r\\nX-B: 2"]}}}'],
    ["a header name with a line break", '{"protocol":{"headers":{"X-A\\r\\nX-B":["1"]}}}'],
    ["a content type with a line break", '{"content_type":"a\\nb"}'],
    ["a syntax error", '{"body" "a"}'],
    ["brackets that do not match", '{"body":[}}'],
    ["anything but an object", "[]"],
  ] as const) {
    test(`with ${what} is none`, async () => {
      const { session, fn, call } = await begin();
      await fn.write(text);
      await rejects(call, "answer_invalid");
      assert.equal(session.isReusable, false);
    });
  }

  test("may have spaces behind it, now and later, and nothing else", async () => {
    const { session, fn, call } = await begin();
    await fn.write("{}\n");
    await call;
    await fn.write(" \r\n\t");
    assert.equal(session.isReusable, true);
    await fn.write("\n{}");
    assert.equal(session.isReusable, false);
  });

  test("has a limit", async () => {
    const { fn, call } = await begin();
    const part = Buffer.alloc(1024 * 1024, "x");
    await fn.write('{"body":"');
    for (let bytes = 0; bytes < JSON_ANSWER_BYTES_MAX; bytes += part.length) await fn.write(part);
    await rejects(call, "answer_body_too_large");
  });

  for (const [what, valuesOf] of [
    ["nested in one another", (count: number) => "[".repeat(count) + "]".repeat(count)],
    ["beside one another", (count: number) => `[${"1,".repeat(count - 1)}1]`],
  ] as const) {
    test(`has a limit for the values in it, ${what}`, async () => {
      await answered(`{"a":${valuesOf(JSON_VALUES_MAX - 1)}}`);
      const { fn, call } = await begin();
      await fn.write(`{"a":${valuesOf(JSON_VALUES_MAX)}}`);
      await rejects(call, "answer_invalid");
    });
  }

  test("of random bytes ends in one of the known errors", async () => {
    const fragment = fc.constantFrom(
      '{"body":"',
      '"',
      "}",
      "{",
      "]",
      "[",
      "\\",
      '"protocol":',
      ",",
      "1",
      " ",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.uint8Array(), fragment, fc.json()), { minLength: 1, maxLength: 8 }),
        async (parts) => {
          const { session, fn, call } = await begin();
          for (const part of parts) await fn.write(part);
          fn.close();
          const error: unknown = await call.then(
            () => undefined,
            (error) => error,
          );
          const known = ["answer_invalid", "answer_cut"];
          assert.ok(
            error === undefined || (error instanceof FnError && known.includes(error.code)),
            `${error}`,
          );
          session.close();
        },
      ),
    );
  });
});

/** A call that has been sent, unless its body takes longer. */
async function begin(changes: Partial<CallInput> = {}, signal = never()) {
  const { container, nextFunction } = await stdioChannels();
  const session = await jsonFormat.open(container, signal);
  const fn = await nextFunction();
  const sink = new RecordingSink();
  const call = session.exchange(callInput(changes), sink, signal);
  call.catch(() => {});
  return { session, sink, fn, call };
}

async function requestOf(changes: Partial<CallInput>): Promise<string> {
  const { fn } = await begin(changes);
  return fn.until((received) =>
    received.subarray(-2).equals(Buffer.from("\n\n")) ? received.toString() : undefined,
  );
}

async function answered(text: string) {
  const { session, sink, fn, call } = await begin();
  await fn.write(text);
  await call;
  return { session, sink };
}
