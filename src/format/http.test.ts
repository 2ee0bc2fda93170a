import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { settle } from "../clock/fake-clock.ts";
import { HEAD_BYTES_MAX } from "../http1/head-reader.ts";
import { FnError } from "../model/errors.ts";
import { describeFormat } from "./format.suite.ts";
import type { CallInput } from "./format.ts";
import { httpFormat } from "./http.ts";
import {
  bodyOf,
  callInput,
  httpBody,
  never,
  RecordingSink,
  rejects,
  stdioChannels,
} from "./testdata/scripted-function.ts";

describeFormat({
  format: httpFormat,
  channels: stdioChannels,
  answer: (body) =>
    Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body]),
  requestBody: httpBody,
  isBinarySafe: true,
  isStreaming: true,
});

describe("an http request", () => {
  test("is laid out as Fn lays it out", async () => {
    const content = Buffer.from("19.90");
    const request = await requestOf({
      callId: "01C4GT0000000000000000000B",
      method: "PUT",
      target: "/r/shop/price?id=7",
      requestUrl: "http://fn.example:8080/r/shop/price?id=7",
      headers: [
        ["content-type", "text/plain"],
        ["User-Agent", "curl/7.58.0"],
        ["Content-Length", "5"],
        ["Accept", "*/*"],
      ],
      deadlineMs: Date.parse("2018-01-22T10:00:30.500Z"),
      body: bodyOf([content]),
      bodyBytes: 5,
    });
    assert.equal(
      request,
      [
        "PUT /r/shop/price?id=7 HTTP/1.1",
        "Host: fn.example:8080",
        "User-Agent: curl/7.58.0",
        "Content-Length: 5",
        "Accept: */*",
        "Content-Type: text/plain",
        "Fn_call_id: 01C4GT0000000000000000000B",
        "Fn_deadline: 2018-01-22T10:00:30.500Z",
        "Fn_method: PUT",
        "Fn_request_url: http://fn.example:8080/r/shop/price?id=7",
        "",
        "19.90",
      ].join("\r\n"),
    );
  });

  test("keeps the order of a name's values and has the call's own fields, whatever the client sends", async () => {
    const request = await requestOf({
      headers: [
        ["x-tag", "b"],
        ["FN_CALL_ID", "mine"],
        ["X-Tag", "a"],
        ["Transfer-Encoding", "chunked"],
      ],
    });
    assert.match(request, /\r\nX-Tag: b\r\nX-Tag: a\r\n/);
    assert.doesNotMatch(request, /mine|Transfer-Encoding/);
  });

  test("names Go's user agent when the client named none", async () => {
    assert.match(await requestOf({}), /\r\nUser-Agent: Go-http-client\/1.1\r\n/);
  });

  test("is chunked when the client's was", async () => {
    const body = bodyOf([Buffer.from("19"), Buffer.from(".90")]);
    const request = await requestOf({ body, bodyBytes: undefined });
    assert.match(request, /\r\nTransfer-Encoding: chunked\r\n/);
    assert.ok(request.endsWith("\r\n\r\n2\r\n19\r\n3\r\n.90\r\n0\r\n\r\n"));
  });

  for (const method of ["POST", "PUT", "PATCH"]) {
    test(`says that the body of a ${method} is empty`, async () => {
      assert.match(await requestOf({ method }), /\r\nContent-Length: 0\r\n/);
    });
  }

  for (const method of ["GET", "HEAD", "DELETE", "OPTIONS"]) {
    test(`says nothing of the empty body of a ${method}`, async () => {
      assert.doesNotMatch(await requestOf({ method }), /Content-Length|Transfer-Encoding/);
    });
  }

  test("is not sent when a field would break out of its line", async () => {
    const { session, fn, call } = await begin({ headers: [["X-Tag", "a\r\nX-Evil: b"]] });
    await assert.rejects(call);
    assert.equal(fn.receivedBytes, 0);
    assert.equal(session.isReusable, true);
  });
});

describe("an http answer", () => {
  test("is passed on with status and fields, without those of the hop and the framing", async () => {
    const { sink, session } = await answered(
      "HTTP/1.1 201 Created\r\ncontent-type: text/plain\r\nX-Price: ok\r\nKeep-Alive: timeout=5\r\n" +
        "Connection: x-hop\r\nX-Hop: 1\r\nContent-Length: 6\r\n\r\nstored",
    );
    assert.equal(sink.status, 201);
    assert.deepEqual(sink.headers, [
      ["Content-Type", "text/plain"],
      ["X-Price", "ok"],
    ]);
    assert.equal(sink.bodyBytes, 6);
    assert.equal(String(sink.body), "stored");
    assert.equal(session.isReusable, true);
  });

  test("may be chunked", async () => {
    const { sink, session } = await answered(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nfoo\r\n0\r\n\r\n",
    );
    assert.equal(String(sink.body), "foo");
    assert.equal(sink.bodyBytes, undefined);
    assert.equal(session.isReusable, true);
  });

  test("may end its lines with LF", async () => {
    const { sink } = await answered("HTTP/1.0 200 OK\nContent-Length: 3\n\nfoo");
    assert.equal(String(sink.body), "foo");
  });

  test("to HEAD has no body, whatever length it tells", async () => {
    const { sink, session } = await answered("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", {
      method: "HEAD",
    });
    assert.equal(sink.bodyBytes, 3);
    assert.equal(session.isReusable, true);
  });

  test("may be preceded by interim ones", async () => {
    const { sink } = await answered("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
    assert.equal(sink.status, 204);
  });

  test("that came before the channel broke is whole, even for a slow client", async () => {
    const { session, fn, call } = await begin({}, settle);
    await fn.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
    fn.output.destroy(new Error("ECONNRESET"));
    await call;
    assert.equal(session.isReusable, false);
  });

  test("that was not whole when the channel broke is cut, even for a slow client", async () => {
    const { session, fn, call } = await begin({}, settle);
    await fn.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
    fn.output.destroy(new Error("ECONNRESET"));
    await rejects(call, "answer_cut");
    assert.equal(session.isReusable, false);
  });

  test("that says close is the container's last", async () => {
    const { session } = await answered("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    assert.equal(session.isReusable, false);
  });

  for (const [what, text] of [
    ["without a length", "HTTP/1.1 200 OK\r\n\r\nhello"],
    ["with two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    ["with a status beyond 599", "HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n"],
    ["with a status of 99", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"],
  ] as const) {
    test(`${what} is none`, async () => {
      const { session, fn, call } = await begin();
      await fn.write(text);
      await rejects(call, "answer_invalid");
      assert.equal(session.isReusable, false);
    });
  }

  test("that is none says why", async () => {
    const { fn, call } = await begin();
    await fn.write("hello\r\n\r\n");
    const error: unknown = await call.catch((error) => error);
    assert.ok(error instanceof FnError);
    assert.equal(error.message, "invalid http response from function err: there is no status line");
  });

  test("has a limit for its head", async () => {
    const { fn, call } = await begin();
    await fn.write(`HTTP/1.1 200 OK\r\nA: ${"x".repeat(HEAD_BYTES_MAX)}`);
    await rejects(call, "answer_header_too_large");
  });

  test("of random bytes ends in one of the known errors", async () => {
    const fragment = fc.constantFrom("HTTP/1.1 200 OK\r\n", "Content-Length: 3\r\n", "\r\n", "foo", "1\r\nX");
    const known = ["answer_invalid", "answer_cut", "answer_header_too_large"];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.uint8Array(), fragment), { minLength: 1, maxLength: 6 }),
        async (parts) => {
          const { session, fn, call } = await begin();
          for (const part of parts) await fn.write(part);
          fn.close();
          const error: unknown = await call.then(
            () => undefined,
            (error) => error,
          );
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

/** A call that has been sent. */
async function begin(changes: Partial<CallInput> = {}, onPart = () => {}) {
  const { container, nextFunction } = await stdioChannels();
  const session = await httpFormat.open(container, never());
  const fn = await nextFunction();
  const sink = new RecordingSink(onPart);
  const call = session.exchange(callInput(changes), sink, never());
  call.catch(() => {});
  return { session, sink, fn, call };
}

async function requestOf(changes: Partial<CallInput>): Promise<string> {
  const { fn } = await begin(changes);
  await fn.until(httpBody);
  return fn.received.toString("latin1");
}

async function answered(text: string, changes: Partial<CallInput> = {}) {
  const { session, sink, fn, call } = await begin(changes);
  await fn.until(httpBody);
  await fn.write(text);
  await call;
  return { session, sink };
}
