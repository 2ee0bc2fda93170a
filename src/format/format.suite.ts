import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { afterEach, describe, test } from "node:test";
import { settle } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import type { AnswerSink, CallInput, Format, Session } from "./format.ts";
import {
  bodyOf,
  type Channels,
  callInput,
  eventually,
  never,
  RecordingSink,
  rejects,
  type ScriptedFunction,
} from "./testdata/scripted-function.ts";

/** What the suite must know of a format to play its functions. */
export interface FormatCase {
  readonly format: Format;
  channels(): Promise<Channels>;
  /** The bytes of a whole answer with this body. */
  answer(body: Buffer): Buffer;
  /** The body of a request, once it is whole. */
  requestBody(received: Buffer, hasEnded: boolean): Buffer | undefined;
  /** Bodies may be any bytes; else they are text. */
  readonly isBinarySafe: boolean;
  /** Bodies pass through as they come; else they are held whole. */
  readonly isStreaming: boolean;
}

/** A body that no kernel buffer holds. */
const BIG_BYTES = 8 * 1024 * 1024;
/** What may be underway between the two ends: buffers of the kernel and of the streams. */
const UNDERWAY_BYTES_MAX = 1024 * 1024;

/** The rules that every format keeps, each with a function that a script plays. */
export function describeFormat(formatCase: FormatCase): void {
  const { format, answer, requestBody, isBinarySafe, isStreaming } = formatCase;
  const hotOnly = { skip: format.hot ? false : "a cold container has one call" };
  const framedOnly = { skip: format.hot ? false : "whatever a cold function prints is its answer" };
  const streamingOnly = { skip: isStreaming ? false : "bodies are held whole" };
  let channels: Channels;
  let session: Session;
  let fn: ScriptedFunction;

  async function open(): Promise<void> {
    channels = await formatCase.channels();
    session = await format.open(channels.container, never());
    fn = await channels.nextFunction();
  }

  function exchange(input: CallInput, sink: AnswerSink, signal = never()): Promise<void> {
    const call = session.exchange(input, sink, signal);
    call.catch(() => {});
    return call;
  }

  /** The function reads a whole request and answers with `body`. */
  async function serve(body: Buffer): Promise<Buffer> {
    const request = await fn.until(requestBody);
    fn.forget();
    await fn.write(answer(body));
    if (!format.hot) fn.close();
    return request;
  }

  describe(`${format.name}, as every format,`, () => {
    afterEach(async () => {
      session.close();
      await channels.stop();
    });

    test("carries a body to the function and its answer back", async () => {
      await open();
      const sink = new RecordingSink();
      const call = exchange(callInput({ content: Buffer.from("Ada") }), sink);
      assert.equal(String(await serve(Buffer.from("Hallo Ada"))), "Ada");
      await call;
      assert.equal(sink.status, 200);
      assert.equal(String(sink.body), "Hallo Ada");
      assert.equal(session.isReusable, format.hot);
    });

    test("carries a body whose length nobody told", async () => {
      await open();
      const body = bodyOf([Buffer.from("A"), Buffer.alloc(0), Buffer.from("da")]);
      const call = exchange(callInput({ body, bodyBytes: undefined }), new RecordingSink());
      assert.equal(String(await serve(Buffer.from("x"))), "Ada");
      await call;
      assert.equal(session.isReusable, format.hot);
    });

    test("carries empty bodies", async () => {
      await open();
      const sink = new RecordingSink();
      const call = exchange(callInput(), sink);
      assert.equal((await serve(Buffer.alloc(0))).length, 0);
      await call;
      assert.equal(sink.body.length, 0);
      assert.equal(session.isReusable, format.hot);
    });

    test("carries every byte", { skip: isBinarySafe ? false : "bodies are text" }, async () => {
      await open();
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const sink = new RecordingSink();
      const call = exchange(callInput({ content: bytes }), sink);
      assert.deepEqual(await serve(bytes), bytes);
      await call;
      assert.deepEqual(sink.body, bytes);
    });

    test("carries big bodies both ways", async () => {
      await open();
      const big = Buffer.alloc(BIG_BYTES, "0123456789");
      const sink = new RecordingSink();
      const call = exchange(callInput({ content: big }), sink);
      assert.ok((await serve(big)).equals(big));
      await call;
      assert.ok(sink.body.equals(big));
      assert.equal(session.isReusable, format.hot);
    });

    test("reads the client only as fast as the function reads", streamingOnly, async () => {
      await open();
      const stop = fn.readSlowly();
      let sentBytes = 0;
      let underwayBytes = 0;
      async function* body() {
        while (sentBytes < BIG_BYTES) {
          sentBytes += 65_536;
          underwayBytes = Math.max(underwayBytes, sentBytes - fn.receivedBytes);
          yield Buffer.alloc(65_536);
        }
      }
      const call = exchange(callInput({ body: body(), bodyBytes: BIG_BYTES }), new RecordingSink());
      await fn.until(requestBody);
      stop();
      await serve(Buffer.from("x"));
      await call;
      assert.ok(underwayBytes < UNDERWAY_BYTES_MAX, `${underwayBytes} bytes were underway`);
    });

    test("reads the function only as fast as the client reads", streamingOnly, async () => {
      await open();
      let underwayBytes = 0;
      let waiting = 0;
      const sink = new RecordingSink(async () => {
        assert.equal(++waiting, 1, "a part came while the last one was being taken");
        underwayBytes = Math.max(underwayBytes, fn.writtenBytes - sink.receivedBytes);
        await settle();
        waiting--;
      });
      const call = exchange(callInput(), sink);
      await fn.until(requestBody);
      const bytes = answer(Buffer.alloc(BIG_BYTES));
      for (let at = 0; at < bytes.length; at += 65_536) await fn.write(bytes.subarray(at, at + 65_536));
      if (!format.hot) fn.close();
      await call;
      assert.equal(sink.body.length, BIG_BYTES);
      assert.ok(underwayBytes < UNDERWAY_BYTES_MAX, `${underwayBytes} bytes were underway`);
      assert.equal(session.isReusable, format.hot);
    });

    test("passes on an answer that begins before the request has ended", streamingOnly, async () => {
      await open();
      const answerBegan = Promise.withResolvers<void>();
      async function* body() {
        yield Buffer.from("first");
        await answerBegan.promise;
        yield Buffer.from("second");
      }
      const sink = new RecordingSink(() => answerBegan.resolve());
      const call = exchange(callInput({ body: body(), bodyBytes: undefined }), sink);
      await fn.until((received) => received.includes("first") || undefined);
      const bytes = answer(Buffer.from("early and late"));
      const half = bytes.indexOf("and");
      await fn.write(bytes.subarray(0, half));
      const request = await fn.until(requestBody);
      await fn.write(bytes.subarray(half));
      if (!format.hot) fn.close();
      await call;
      assert.equal(String(request), "firstsecond");
      assert.equal(String(sink.body), "early and late");
      assert.equal(session.isReusable, format.hot);
    });

    test("gives the answer of a function that did not read all, and lets go of it", async () => {
      await open();
      fn.stopReading();
      const sink = new RecordingSink();
      const call = exchange(callInput({ content: Buffer.alloc(BIG_BYTES) }), sink);
      await eventually(() => channels.container.stdin.writableLength > 0 || format.channel === "socket");
      await fn.write(answer(Buffer.from("no")));
      if (!format.hot) fn.close();
      await call;
      assert.equal(String(sink.body), "no");
      assert.equal(session.isReusable, false);
    });

    for (const [what, bodyBytes] of [
      ["whose length was told", 2 ** 40],
      ["whose length nobody told", undefined],
    ] as const) {
      test(`leaves a body ${what} when the function did not read it all`, streamingOnly, async () => {
        await open();
        fn.stopReading();
        let hasLeft = false;
        async function* body() {
          try {
            for (;;) yield Buffer.alloc(65_536);
          } finally {
            hasLeft = true;
          }
        }
        const call = exchange(callInput({ body: body(), bodyBytes }), new RecordingSink());
        await fn.write(answer(Buffer.from("no")));
        if (!format.hot) fn.close();
        await call;
        await eventually(() => hasLeft);
      });
    }

    test("refuses what is not an answer", framedOnly, async () => {
      await open();
      const call = exchange(callInput(), new RecordingSink());
      await fn.until(requestBody);
      await fn.write("Segmentation fault\r\n\r\n");
      await rejects(call, "answer_invalid");
      assert.equal(session.isReusable, false);
    });

    test("tells when the answer was cut", framedOnly, async () => {
      await open();
      const call = exchange(callInput(), new RecordingSink());
      await fn.until(requestBody);
      await fn.write(answer(Buffer.from("Hallo Ada")).subarray(0, -1));
      fn.close();
      await rejects(call, "answer_cut");
      assert.equal(session.isReusable, false);
    });

    test("tells when the function left without an answer", framedOnly, async () => {
      await open();
      const call = exchange(callInput(), new RecordingSink());
      await fn.until(requestBody);
      fn.close();
      await rejects(call, "answer_cut");
      assert.equal(session.isReusable, false);
    });

    for (const [pace, onPart] of [
      ["at once", () => {}],
      ["slowly", settle],
    ] as const) {
      test(
        `gives an answer with something behind it, taken ${pace}, and is done with it`,
        framedOnly,
        async () => {
          await open();
          const sink = new RecordingSink(onPart);
          const call = exchange(callInput(), sink);
          await fn.until(requestBody);
          await fn.write(Buffer.concat([answer(Buffer.from("a")), answer(Buffer.from("b"))]));
          await call;
          assert.equal(String(sink.body), "a");
          assert.equal(session.isReusable, false);
        },
      );
    }

    test("notices what comes between two calls", framedOnly, async () => {
      await open();
      const call = exchange(callInput(), new RecordingSink());
      await serve(Buffer.from("a"));
      await call;
      assert.equal(session.isReusable, true);
      await fn.write("surplus");
      await eventually(() => !session.isReusable);
    });

    test("never mixes up two calls", hotOnly, async () => {
      await open();
      for (const [word, onPart] of [
        ["first", () => {}],
        ["second", settle],
        ["third", settle],
      ] as const) {
        const sink = new RecordingSink(onPart);
        const call = exchange(callInput({ content: Buffer.from(word) }), sink);
        assert.equal(String(await serve(Buffer.from(`${word} answer`))), word);
        await call;
        assert.equal(String(sink.body), `${word} answer`);
      }
      assert.equal(session.isReusable, true);
    });

    test("takes one call at a time", async () => {
      await open();
      const call = exchange(callInput(), new RecordingSink());
      await assert.rejects(exchange(callInput(), new RecordingSink()));
      await serve(Buffer.from("a"));
      await call;
    });

    test("stops at once when the call is aborted, with the reason", async () => {
      await open();
      const cancel = new AbortController();
      const call = exchange(callInput(), new RecordingSink(), cancel.signal);
      await fn.until(requestBody);
      cancel.abort(new FnError("call_timeout"));
      await rejects(call, "call_timeout");
      assert.equal(session.isReusable, false);
    });

    test("stops at once when the call is aborted in the middle of its bodies", async () => {
      await open();
      fn.stopReading();
      const cancel = new AbortController();
      const sink = new RecordingSink(() => cancel.abort(new FnError("client_gone")));
      const call = exchange(callInput({ content: Buffer.alloc(BIG_BYTES) }), sink, cancel.signal);
      await eventually(() => channels.container.stdin.writableLength > 0 || format.channel === "socket");
      await fn.write(answer(Buffer.from("Hallo Ada")));
      await rejects(call, "client_gone");
      assert.equal(session.isReusable, false);
    });

    test("does not begin a call that is aborted already", async () => {
      await open();
      const call = exchange(
        callInput(),
        new RecordingSink(),
        AbortSignal.abort(new FnError("server_stopping")),
      );
      await rejects(call, "server_stopping");
      assert.equal(fn.receivedBytes, 0);
    });

    test("fails with the error of the client's body", async () => {
      await open();
      async function* body() {
        yield Buffer.from("half");
        throw new FnError("client_gone");
      }
      await rejects(exchange(callInput({ body: body(), bodyBytes: 9 }), new RecordingSink()), "client_gone");
    });

    test("fails with the error of the client's side of the answer", async () => {
      await open();
      const sink = new RecordingSink(() => Promise.reject(new FnError("client_gone")));
      const call = exchange(callInput(), sink);
      await fn.until(requestBody);
      await fn.write(answer(Buffer.from("Hallo Ada")));
      await rejects(call, "client_gone");
      assert.equal(session.isReusable, false);
    });

    test("leaves no listener behind", hotOnly, async () => {
      await open();
      const { stdin, stdout } = channels.container;
      const count = () =>
        [stdin, stdout].flatMap((stream) =>
          stream.eventNames().map((name) => [String(name), stream.listenerCount(name)]),
        );
      const { signal } = new AbortController();
      const before = count();
      const call = exchange(callInput({ content: Buffer.from("a") }), new RecordingSink(), signal);
      await serve(Buffer.from("b"));
      await call;
      assert.deepEqual(count(), before);
      assert.equal(getEventListeners(signal, "abort").length, 0);
    });

    test("outlives streams that break at any time", async () => {
      await open();
      const call = exchange(callInput(), new RecordingSink());
      await fn.until(requestBody);
      fn.input.destroy(new Error("EPIPE"));
      fn.output.destroy(new Error("ECONNRESET"));
      await rejects(call, "answer_cut");
      assert.equal(session.isReusable, false);
      session.close();
      if (format.channel === "socket") return;
      channels.container.stdin.emit("error", new Error("EPIPE"));
      channels.container.stdout.emit("error", new Error("ECONNRESET"));
    });
  });
}
