import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import { pruneSuite } from "../suite/prune.suite.ts";
import { queueSuite } from "../suite/queue.suite.ts";
import { queueModelSuite } from "../suite/queue-model.suite.ts";
import { queueMovesSuite } from "../suite/queue-moves.suite.ts";
import { claimOne, sampleEnd, sampleQueued } from "../suite/queued.suite.ts";
import type { OpenTimed } from "../suite/timed-store.suite.ts";
import { openFile, tempPath } from "./temp-database.suite.ts";

const open: OpenTimed = async (t) => {
  const clock = new FakeClock();
  const store = await openFile(t, tempPath(t), clock);
  return { store, nowMs: () => clock.nowMs(), pass: (ms) => clock.advance(ms) };
};

describe("a queue in an SQLite file", () => {
  queueSuite(open);
  queueMovesSuite(open);
  pruneSuite(open);
  queueModelSuite(open);
});

test("what has expired goes when old calls are removed, though no call is", async (t) => {
  const path = tempPath(t);
  const clock = new FakeClock();
  const { calls, queue } = await openFile(t, path, clock);
  await queue.enqueue(sampleQueued("call-1"), { key: "once", keepMs: 1000 });
  await queue.finish("node-1", { ...sampleEnd(await claimOne(queue)), keepAnswerMs: 2000 });
  const rule = { olderThanMs: 0, perApp: Number.POSITIVE_INFINITY, limit: 1 };
  for (const left of [
    { answers: 1, keys: 1 },
    { answers: 1, keys: 0 },
    { answers: 0, keys: 0 },
  ]) {
    assert.equal(await calls.prune(rule), 0);
    assert.deepEqual(
      { answers: countRows(path, "answers"), keys: countRows(path, "idempotency_keys") },
      left,
    );
    await clock.advance(1000);
  }
});

test("a call that has ended leaves nothing in the queue, nor of its request", async (t) => {
  const path = tempPath(t);
  const { queue } = await openFile(t, path);
  for (const id of ["1", "2"]) await queue.enqueue(sampleQueued(id));
  await queue.finish("node-1", sampleEnd(await claimOne(queue)));
  await queue.cancel("demo", "2");
  assert.deepEqual([countRows(path, "queue"), countRows(path, "requests")], [0, 0]);
});

function countRows(path: string, table: string): unknown {
  using database = new DatabaseSync(path);
  return database.prepare(`select count(*) as count from ${table}`).get()?.count;
}
