import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { pino } from "pino";
import { systemClock } from "../../clock/clock.ts";
import { connectEngine } from "./engine.ts";
import { startFakeServer } from "./fake-server.suite.ts";
import { Remover } from "./remover.ts";

/** An engine that answers removals with these statuses, one after the other, the last of them for good. */
async function rigOf(t: TestContext, ...statuses: number[]) {
  const gone = Promise.withResolvers<void>();
  const seen = { urls: [] as string[], errors: 0, gone: gone.promise };
  const server = await startFakeServer((request, answer) => {
    seen.urls.push(request.url ?? "");
    const status = statuses.length > 1 ? statuses.shift() : statuses[0];
    answer.writeHead(status ?? 204).end();
    if (status === 204) gone.resolve();
  });
  t.after(() => server.stop());
  // Without chance every delay is 0.
  const backoff = { clock: systemClock, random: { next: () => 0 } };
  const log = pino({ level: "error" }, { write: () => seen.errors++ });
  return { remover: new Remover(connectEngine(`tcp://${server.host}`), backoff, log), seen };
}

describe("a container that is removed", () => {
  test("is ended, and loses its volumes", async (t) => {
    const { remover, seen } = await rigOf(t, 204);
    await remover.remove("c1");
    assert.deepEqual(seen.urls, ["/containers/c1?force=true&v=true"]);
  });

  test("may have gone already", async (t) => {
    const { remover, seen } = await rigOf(t, 404);
    await remover.remove("c1");
    assert.deepEqual([seen.urls.length, seen.errors], [1, 0]);
  });

  for (const status of [500, 503, 409]) {
    test(`is tried again after ${status}`, async (t) => {
      const { remover, seen } = await rigOf(t, status, status, 204);
      await remover.remove("c1");
      assert.deepEqual([seen.urls.length, seen.errors], [3, 0]);
    });
  }

  test("is not waited for any longer, with a line in the log, when the engine goes on failing", async (t) => {
    const { remover, seen } = await rigOf(t, ...Array<number>(12).fill(500), 500);
    await remover.remove("c1");
    assert.equal(seen.errors, 1);
    assert.ok(seen.urls.length >= 12);
    remover.close();
  });

  test("is tried until it is gone, however long the engine fails", async (t) => {
    const { remover, seen } = await rigOf(t, ...Array<number>(40).fill(503), 204);
    await remover.remove("c1");
    await seen.gone;
    assert.deepEqual([seen.urls.length, seen.errors], [41, 1]);
  });

  test("is left to others once the remover is closed", async (t) => {
    const { remover, seen } = await rigOf(t, 500);
    const removed = remover.remove("c1");
    remover.close();
    await removed;
    assert.ok(seen.urls.length <= 1);
  });

  test("is given up at once when the engine says that it never will", async (t) => {
    const { remover, seen } = await rigOf(t, 400);
    await remover.remove("c1");
    assert.deepEqual([seen.urls.length, seen.errors], [1, 1]);
  });
});
