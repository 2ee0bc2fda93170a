import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FnError } from "../model/errors.ts";
import { describeFormat } from "./format.suite.ts";
import { answered, type Begun, begin, format, opened, requestOf } from "./http-stream-rig.suite.ts";
import {
  bodyOf,
  callInput,
  eventually,
  httpBody,
  never,
  RecordingSink,
  rejects,
  socketChannels,
} from "./testdata/scripted-function.ts";

describeFormat({
  format,
  channels: socketChannels,
  answer: (body) =>
    Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body]),
  requestBody: httpBody,
  isBinarySafe: true,
  isStreaming: true,
});

describe("an http-stream request", () => {
  test("is POST /call, with all about the client's request in fields of their own", async (t) => {
    const request = await requestOf(t, {
      callId: "01DM000000000000000000000D",
      method: "GET",
      requestUrl: "http://fn.example:8080/t/shop/find?q=tea",
      headers: [["accept", "text/html"]],
      deadlineMs: Date.parse("2019-09-01T10:00:30.999Z"),
    });
    assert.equal(
      request,
      [
        "POST /call HTTP/1.1",
        "Host: localhost",
        "Content-Length: 0",
        "Fn-Call-Id: 01DM000000000000000000000D",
        "Fn-Deadline: 2019-09-01T10:00:30Z",
        "Fn-Http-H-Accept: text/html",
        "Fn-Http-Method: GET",
        "Fn-Http-Request-Url: http://fn.example:8080/t/shop/find?q=tea",
        "Fn-Intent: httprequest",
        "",
        "",
      ].join("\r\n"),
    );
  });

  test("renames every field of the client but Content-Type, and sends the body in chunks", async (t) => {
    const request = await requestOf(t, {
      method: "PUT",
      headers: [
        ["content-type", "text/plain"],
        ["Content-Length", "5"],
        ["Authorization", "x"],
        ["Fn-Call-Id", "mine"],
        ["X-Tag", "b"],
        ["x-tag", "a"],
      ],
      body: bodyOf([Buffer.from("19.90")]),
      bodyBytes: 5,
    });
    assert.equal(
      request,
      [
        "POST /call HTTP/1.1",
        "Host: localhost",
        "Transfer-Encoding: chunked",
        "Content-Type: text/plain",
        "Fn-Call-Id: 01C4GT0000000000000000000A",
        "Fn-Deadline: 2018-01-22T10:00:30Z",
        "Fn-Http-H-Authorization: x",
        "Fn-Http-H-Content-Length: 5",
        "Fn-Http-H-Fn-Call-Id: mine",
        "Fn-Http-H-X-Tag: b",
        "Fn-Http-H-X-Tag: a",
        "Fn-Http-Method: PUT",
        "Fn-Http-Request-Url: http://fn.example:8080/r/shop/greet",
        "Fn-Intent: httprequest",
        "",
        "5",
        "19.90",
        "0",
        "",
        "",
      ].join("\r\n"),
    );
  });
});

describe("an http-stream answer", () => {
  test("gives the client the status and the fields that are meant for it", async (t) => {
    const { sink } = await answered(
      t,
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nFn-Http-Status: 302\r\n" +
        "Fn-Http-H-Location: https://shop.example/tea\r\nFn-Fdk-Version: demo/1.0\r\n" +
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    );
    assert.equal(sink.status, 302);
    assert.deepEqual(sink.headers, [
      ["Content-Type", "text/html"],
      ["Location", "https://shop.example/tea"],
    ]);
    assert.equal(sink.body.length, 0);
  });

  test("is a 200 when no status is meant for the client", async (t) => {
    const { sink } = await answered(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    assert.equal(sink.status, 200);
    assert.equal(sink.bodyBytes, 2);
  });

  test("has the body even if the client asked with HEAD", async (t) => {
    const { sink, session } = await answered(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", {
      method: "HEAD",
    });
    assert.equal(String(sink.body), "hi");
    assert.equal(session.isReusable, true);
  });

  test("has one Content-Type, the plain one first", async (t) => {
    const prefixed = "Fn-Http-H-Content-Type: text/html\r\nContent-Length: 0\r\n";
    const plain = await answered(t, `HTTP/1.1 200 OK\r\n${prefixed}Content-Type: text/plain\r\n\r\n`);
    assert.deepEqual(plain.sink.headers, [["Content-Type", "text/plain"]]);
    const other = await answered(t, `HTTP/1.1 200 OK\r\n${prefixed}\r\n`);
    assert.deepEqual(other.sink.headers, [["Content-Type", "text/html"]]);
  });

  test("sets no field of the hop or of the framing", async (t) => {
    const { sink } = await answered(
      t,
      "HTTP/1.1 200 OK\r\nFn-Http-H-Content-Length: 9\r\nFn-Http-H-Transfer-Encoding: chunked\r\n" +
        "Fn-Http-H-Connection: close\r\nFn-Http-H-: x\r\nContent-Length: 0\r\n\r\n",
    );
    assert.deepEqual(sink.headers, []);
  });

  for (const [status, code] of [
    [502, "function_failed"],
    [504, "call_timeout"],
  ] as const) {
    test(`with ${status} is the kit's ${code}: its body is dropped, the container stays usable`, async (t) => {
      const { session, sink, fn, call } = await begin(t);
      await fn.write(`HTTP/1.1 ${status} Error\r\nContent-Length: 6\r\n\r\nsecret`);
      await rejects(call, code);
      assert.equal(sink.status, undefined);
      assert.equal(sink.body.length, 0);
      assert.equal(session.isReusable, true);
    });
  }

  for (const status of [201, 204, 302, 400, 418, 500, 503]) {
    test(`with ${status} comes from no kit`, async (t) => {
      const { session, fn, call } = await begin(t);
      await fn.write(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`);
      await rejects(call, "answer_invalid");
      assert.equal(session.isReusable, false);
    });
  }

  for (const status of ["abc", "99", "600", "0200", "200.5", ""]) {
    test(`with Fn-Http-Status '${status}' is none`, async (t) => {
      const { session, fn, call } = await begin(t);
      await fn.write(`HTTP/1.1 200 OK\r\nFn-Http-Status: ${status}\r\nContent-Length: 0\r\n\r\n`);
      await rejects(call, "answer_invalid");
      assert.equal(session.isReusable, false);
    });
  }

  test("with lone LF comes from no HTTP server", async (t) => {
    const { fn, call } = await begin(t);
    await fn.write("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
    await rejects(call, "answer_invalid");
  });
});

describe("the connection of http-stream", () => {
  test("is one for all calls", async (t) => {
    const { session, channels, fn, call } = await begin(t);
    await fn.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    await call;
    fn.forget();
    const second = session.exchange(callInput(), new RecordingSink(), never());
    await fn.until(httpBody);
    await fn.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    await second;
    const count = await new Promise((resolve) =>
      channels.server.getConnections((_, count) => resolve(count)),
    );
    assert.equal(count, 1);
  });

  test("is made anew when the function closed it between two calls", async (t) => {
    const { session, channels, fn, call } = await begin(t);
    await fn.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    await call;
    fn.close();
    await fn.until((_, hasEnded) => hasEnded || undefined);
    assert.equal(session.isReusable, true);
    await answersAnew(session, channels);
  });

  test("is made anew after an answer that says close", async (t) => {
    const { session, channels, fn, call } = await begin(t);
    await fn.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    await call;
    assert.equal(session.isReusable, true);
    await answersAnew(session, channels);
  });

  test("may end a body", async (t) => {
    const { session, channels, sink, fn, call } = await begin(t);
    await fn.write("HTTP/1.1 200 OK\r\n\r\nhello");
    fn.close();
    await call;
    assert.equal(String(sink.body), "hello");
    assert.equal(session.isReusable, true);
    await answersAnew(session, channels);
  });

  test("that breaks cuts a body that only its end would end", async (t) => {
    const { session, fn } = await opened(t);
    fn.stopReading();
    const sink = new RecordingSink();
    const content = Buffer.alloc(8 * 1024 * 1024);
    const call = session.exchange(callInput({ content }), sink, never());
    await fn.write("HTTP/1.1 200 OK\r\n\r\nhello");
    await eventually(() => sink.receivedBytes > 0);
    // A socket that is closed with bytes unread in it does not end but breaks.
    fn.output.destroy();
    await rejects(call, "answer_cut");
  });

  test("that cannot be made anew fails the call", async (t) => {
    const { session, channels, fn, call } = await begin(t);
    await fn.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    await call;
    channels.server.close();
    await rejects(session.exchange(callInput(), new RecordingSink(), never()), "answer_cut");
    assert.equal(session.isReusable, false);
  });

  test("is closed at once when the call is aborted", async (t) => {
    const cancel = new AbortController();
    const { fn, call } = await begin(t, {}, cancel.signal);
    cancel.abort(new FnError("client_gone"));
    await rejects(call, "client_gone");
    await fn.until((_, hasEnded) => hasEnded || undefined);
  });

  async function answersAnew(session: Begun["session"], channels: Begun["channels"]): Promise<void> {
    const sink = new RecordingSink();
    const call = session.exchange(callInput(), sink, never());
    const fn = await channels.nextFunction();
    await fn.until(httpBody);
    await fn.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain");
    await call;
    assert.equal(String(sink.body), "again");
  }
});
