import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { describe, type TestContext, test } from "node:test";
import { FakeClock, settle } from "../../clock/fake-clock.ts";
import { connectEngine, readProgress } from "./engine.ts";
import { startFakeServer } from "./fake-server.suite.ts";
import { tarOf } from "./tar.ts";

/** A client of an engine that answers like this, and the calls its observer is told of. */
async function rigOf(t: TestContext, listener: RequestListener, clock = new FakeClock()) {
  const server = await startFakeServer(listener, (_request, socket) => {
    socket.on("error", () => {});
    socket.end("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
  });
  t.after(() => server.stop());
  const told: [operation: string, ms: number, outcome: string][] = [];
  const observer = { clock, onEngineCall: (...call: (typeof told)[number]) => void told.push(call) };
  return { engine: connectEngine(`tcp://${server.host}`, { observer }), told, clock, server };
}

const ok: RequestListener = (request, answer) => {
  request.resume();
  answer.writeHead(200, { "Content-Type": "application/json" }).end("[]");
};

type Engine = ReturnType<typeof connectEngine>;

describe("a call to the engine", () => {
  const calls: readonly (readonly [operation: string, ask: (engine: Engine) => Promise<unknown>])[] = [
    ["create", (engine) => engine.createContainer({ name: "c1", Image: "hello" })],
    ["attach", (engine) => engine.getContainer("c1").attach({ stream: true, hijack: true, stdout: true })],
    ["start", (engine) => engine.getContainer("c1").start()],
    ["pause", (engine) => engine.getContainer("c1").pause()],
    ["unpause", (engine) => engine.getContainer("c1").unpause()],
    ["inspect", (engine) => engine.getContainer("c1").inspect()],
    ["remove", (engine) => engine.getContainer("c1").remove()],
    ["list", (engine) => engine.listContainers()],
    ["inspect_image", (engine) => engine.getImage("registry/hello:1").inspect()],
    ["pull", async (engine) => readProgress(await engine.pull("hello:1"))],
    ["import", async (engine) => readProgress(await engine.importImage(tarOf([]), { repo: "hello" }))],
    ["network", (engine) => engine.listNetworks()],
    ["other", (engine) => engine.version()],
  ];
  for (const [operation, ask] of calls) {
    test(`is told as ${operation}`, async (t) => {
      const { engine, told } = await rigOf(t, ok);
      // What a call like this is refused with here is not the point.
      await ask(engine).catch(() => {});
      assert.deepEqual(
        told.map(([name]) => name),
        [operation],
      );
    });
  }

  test("that waits for the end of a container is not told", async (t) => {
    const { engine, told } = await rigOf(t, ok);
    await engine.getContainer("c1").wait();
    assert.deepEqual(told, []);
  });

  test("takes until the answer is there", async (t) => {
    const clock = new FakeClock();
    const { engine, told } = await rigOf(
      t,
      async (_request, answer) => {
        await clock.advance(250);
        answer.end("{}");
      },
      clock,
    );
    await engine.version();
    assert.deepEqual(told, [["other", 250, "ok"]]);
  });

  test("whose answer is a stream takes until that has ended", async (t) => {
    const clock = new FakeClock();
    const { engine, told } = await rigOf(t, ok, clock);
    const progress = await engine.pull("hello:1");
    await clock.advance(5_000);
    await readProgress(progress);
    assert.deepEqual(told, [["pull", 5_000, "ok"]]);
  });
});

describe("the outcome of a call to the engine", () => {
  async function outcomeOf(
    t: TestContext,
    listener: RequestListener,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const { engine, told } = await rigOf(t, listener);
    await engine
      .getContainer("c1")
      .start(signal ? { abortSignal: signal } : {})
      .catch(() => {});
    return told[0]?.[2];
  }

  test("is refused when the engine answers with an error", async (t) => {
    assert.equal(await outcomeOf(t, (_request, answer) => void answer.writeHead(500).end("{}")), "refused");
  });

  test("is failed when there is no answer", async (t) => {
    assert.equal(await outcomeOf(t, (request) => request.destroy()), "failed");
  });

  test("is cancelled when who asked has left", async (t) => {
    const leave = new AbortController();
    const outcome = await outcomeOf(t, () => leave.abort(), leave.signal);
    assert.equal(outcome, "cancelled");
  });

  test("is failed when a stream tells of an error", async (t) => {
    const { engine, told } = await rigOf(t, (_request, answer) => answer.end('{"error":"no"}\n'));
    await assert.rejects(readProgress(await engine.pull("hello:1")), /^Error: no$/);
    // It is told when the stream has closed, a moment after its reader has left.
    while (told.length === 0) await settle();
    assert.equal(told[0]?.[2], "failed");
  });
});
