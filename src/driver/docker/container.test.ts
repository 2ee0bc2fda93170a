import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, type TestContext, test } from "node:test";
import { pino } from "pino";
import { FakeClock, settle } from "../../clock/fake-clock.ts";
import { HANG_LIMIT } from "../driver.suite.ts";
import { DockerContainer } from "./container.ts";
import { connectEngine } from "./engine.ts";
import { startFakeServer } from "./fake-server.suite.ts";

const never = new AbortController().signal;

/** A container of an engine that answers its starts with these statuses, and then with 204. */
async function createOf(t: TestContext, startStatuses: number[] = [], isRecreated = false) {
  const seen = { starts: 0, recreations: 0, removals: 0 };
  const streams: Duplex[] = [];
  const waits: ServerResponse[] = [];
  const onWait: (() => void)[] = [];
  const server = await startFakeServer(
    (request, answer) => {
      if (request.url === "/containers/c1/wait") {
        answer.writeHead(200).flushHeaders();
        waits.push(answer);
        onWait.shift()?.();
      } else if (request.url?.startsWith("/containers/c1/json")) {
        answer.writeHead(200).end(JSON.stringify({ State: { ExitCode: 3, OOMKilled: false } }));
      } else if (request.url === "/containers/c1/start") {
        seen.starts++;
        answer.writeHead(startStatuses.shift() ?? 204).end();
      } else {
        answer.writeHead(204).end();
      }
    },
    (_request, socket) => {
      socket.on("error", () => {});
      socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
      streams.push(socket);
    },
  );
  t.after(async () => {
    for (const stream of streams) stream.destroy();
    await server.stop();
  });
  const clock = new FakeClock();
  const container = new DockerContainer({
    id: "c1",
    engine: connectEngine(`tcp://${server.host}`),
    socketPath: undefined,
    backoff: { clock, random: { next: () => 0 } },
    log: pino({ level: "silent" }),
    recreate: async () => {
      seen.recreations++;
      return isRecreated;
    },
    remove: async () => void seen.removals++,
  });
  const nextWait = () => new Promise<void>((resolve) => onWait.push(resolve));
  return { container, clock, streams, waits, nextWait, seen };
}

/** A container that runs, as far as its engine says. */
async function startOf(...of: Parameters<typeof createOf>) {
  const rig = await createOf(...of);
  const first = rig.nextWait();
  await rig.container.start(never);
  await first;
  return rig;
}

/** Connections to an engine are real, so that something the clock waits for comes when they have been heard of. */
async function untilPending(clock: FakeClock): Promise<void> {
  while (clock.pending === 0) await settle();
}

describe("a container that runs", HANG_LIMIT, () => {
  test("has ended when its engine says so, with the code that the engine tells", async (t) => {
    const { container, waits } = await startOf(t);
    waits[0]?.end('{"StatusCode":3}');
    assert.deepEqual(await container.exited, { code: 3, signal: undefined, outOfMemory: false });
  });

  test("goes on when the engine breaks off what waits for its end, which is asked for again", async (t) => {
    const { container, clock, waits, nextWait } = await startOf(t);
    const again = nextWait();
    waits[0]?.destroy();
    await untilPending(clock);
    await clock.advance(0);
    await again;
    await container.pause();

    waits[1]?.end('{"StatusCode":3}');
    assert.equal((await container.exited).code, 3);
  });

  test("is removed when its streams break off, and its engine does not say why", async (t) => {
    const { container, clock, streams, seen } = await startOf(t);
    for (const stream of streams) stream.destroy();
    await untilPending(clock);
    assert.equal(seen.removals, 0);
    await clock.advance(5_000);
    assert.equal((await container.exited).signal, "SIGKILL");
    assert.equal(seen.removals, 1);
  });
});

describe("a container that its engine does not start", HANG_LIMIT, () => {
  test("has never run", async (t) => {
    const { container } = await createOf(t, [500]);
    await assert.rejects(container.start(never), { code: "container_start_failed" });
    assert.deepEqual(await container.exited, { code: undefined, signal: undefined, outOfMemory: false });
  });

  test("is started again, with new streams, when it has been made anew", async (t) => {
    const { container, streams, seen } = await startOf(t, [409], true);
    assert.deepEqual([seen.starts, seen.recreations, streams.length], [2, 1, 4]);
    streams[2]?.end(Buffer.from([1, 0, 0, 0, 0, 0, 0, 4, ...Buffer.from("pong")]));
    assert.equal(await text(container.stdout), "pong");
  });

  test("is made anew once, and no oftener", async (t) => {
    const { container, seen } = await createOf(t, [409, 409], true);
    await assert.rejects(container.start(never), { code: "container_start_failed" });
    assert.deepEqual([seen.starts, seen.recreations], [2, 1]);
  });
});
