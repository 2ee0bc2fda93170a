import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, before, describe, test } from "node:test";
import { systemClock } from "../clock/clock.ts";
import type { CallInput, Session } from "./format.ts";
import { createHttpStreamFormat } from "./http-stream.ts";
import { callInput, never, RecordingSink, rejects } from "./testdata/scripted-function.ts";

describe("a function on the official Node kit", () => {
  let directory: string;
  let child: ChildProcess;
  let session: Session;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "fn-"));
    const socketPath = join(directory, "lsnr.sock");
    const container = { stdin: new PassThrough(), stdout: new PassThrough(), socketPath };
    const ready = createHttpStreamFormat(systemClock).open(container, never());
    child = spawn(process.execPath, [join(import.meta.dirname, "testdata", "fdk-function.cjs")], {
      env: { FN_FORMAT: "http-stream", FN_LISTENER: `unix:${socketPath}` },
      stdio: "ignore",
    });
    session = await ready;
  });

  after(async () => {
    session.close();
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    await rm(directory, { recursive: true, force: true });
  });

  test("gets JSON and answers JSON", async () => {
    const sink = await answered({ do: "echo", n: [1, 2] });
    assert.equal(sink.status, 200);
    assert.deepEqual(sink.headers, [["Content-Type", "application/json"]]);
    assert.deepEqual(JSON.parse(String(sink.body)), { do: "echo", n: [1, 2] });
  });

  test("answers with text", async () => {
    const sink = await answered({ do: "text", name: "J\u00f6rg" });
    assert.deepEqual(sink.headers, [["Content-Type", "text/plain"]]);
    assert.equal(String(sink.body), "Hallo J\u00f6rg");
  });

  test("that throws fails the call, and takes the next one", async () => {
    await rejects(call({ do: "throw" }, new RecordingSink()), "function_failed");
    assert.equal(session.isReusable, true);
    assert.equal(String((await answered({ do: "text", name: "Ada" })).body), "Hallo Ada");
  });

  test("reads the client's request and sets its status and headers", async () => {
    const sink = await answered(
      { do: "gateway" },
      {
        method: "PUT",
        requestUrl: "http://fn.example:8080/r/shop/find?q=tea",
        headers: [["x-goal", "https://shop.example/tea"]],
      },
    );
    assert.equal(sink.status, 303);
    assert.deepEqual(sink.headers, [
      ["Content-Type", "application/json"],
      ["Location", "https://shop.example/tea"],
      ["X-Tag", "a"],
      ["X-Tag", "b"],
    ]);
    assert.deepEqual(JSON.parse(String(sink.body)), {
      method: "PUT",
      url: "http://fn.example:8080/r/shop/find?q=tea",
    });
  });

  test("knows the call, its deadline and the type of its body", async () => {
    const sink = await answered({ do: "context" }, { headers: [["Content-Type", "application/json"]] });
    assert.deepEqual(JSON.parse(String(sink.body)), {
      callId: "01C4GT0000000000000000000A",
      deadline: "2018-01-22T10:00:30.000Z",
      contentType: "application/json",
    });
  });

  test("takes and gives big bodies", async () => {
    const big = "0123456789".repeat(300_000);
    const sink = await answered({ do: "echo", big });
    assert.equal(JSON.parse(String(sink.body)).big, big);
    assert.equal(session.isReusable, true);
  });

  async function answered(content: unknown, changes: Partial<CallInput> = {}): Promise<RecordingSink> {
    const sink = new RecordingSink();
    await call(content, sink, changes);
    return sink;
  }

  function call(content: unknown, sink: RecordingSink, changes: Partial<CallInput> = {}): Promise<void> {
    const input = callInput({ content: Buffer.from(JSON.stringify(content)), ...changes });
    return session.exchange(input, sink, never());
  }
});
