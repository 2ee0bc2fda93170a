import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { idStartAt } from "../../clock/ids.ts";
import type { CallRecord } from "../../model/call.ts";
import type { CallStore, PruneRule } from "../store.ts";
import { claimOne, sampleEnd, sampleQueued } from "./queued.suite.ts";
import { sampleRecord } from "./samples.suite.ts";
import type { OpenTimed } from "./timed-store.suite.ts";

const KEEP_ALL: PruneRule = { olderThanMs: 0, perApp: Number.POSITIVE_INFINITY, limit: 100 };

/** A call of that second, which ended in the next one. */
function callAt(second: number, more: Partial<CallRecord["call"]> = {}): CallRecord {
  const createdAtMs = second * 1000;
  const times = { createdAtMs, completedAtMs: createdAtMs + 1000 };
  return sampleRecord(idAt(second), { ...times, ...more }, `log of ${second}`);
}

function idAt(second: number): string {
  return `${idStartAt(second * 1000)}X`;
}

export function pruneSuite(open: OpenTimed): void {
  const openCalls = async (t: Parameters<OpenTimed>[0]) => (await open(t)).store.calls;

  describe("removing old calls", () => {
    test("takes those that ended before a time, with their logs, and says how many", async (t) => {
      const calls = await openCalls(t);
      await calls.insert([1, 2, 3, 4].map((second) => callAt(second)));
      assert.equal(await calls.prune({ ...KEEP_ALL, olderThanMs: 4000 }), 2);
      assert.deepEqual(await secondsOf(calls), [4, 3]);
      assert.equal(await calls.log("demo", idAt(2)), undefined);
      await calls.insert([callAt(2)].map(({ call }) => ({ call, log: "" })));
      assert.equal(await calls.log("demo", idAt(2)), "");
    });

    test("says 0 once nothing is left to remove", async (t) => {
      const calls = await openCalls(t);
      await calls.insert([1, 2, 3, 4].map((second) => callAt(second)));
      const rule = { ...KEEP_ALL, olderThanMs: 4000 };
      assert.equal(await calls.prune(rule), 2);
      assert.equal(await calls.prune(rule), 0);
      assert.equal(await calls.prune({ ...rule, olderThanMs: 6000 }), 2);
    });

    test("takes no more at a time than the limit, the oldest first", async (t) => {
      const calls = await openCalls(t);
      await calls.insert([1, 2, 3, 4, 5].map((second) => callAt(second)));
      const rule = { ...KEEP_ALL, olderThanMs: 60_000, limit: 2 };
      assert.equal(await calls.prune(rule), 2);
      assert.deepEqual(await secondsOf(calls), [5, 4, 3]);
      assert.deepEqual(
        [await calls.prune(rule), await calls.prune(rule), await calls.prune(rule)],
        [2, 1, 0],
      );
    });

    test("goes by when calls ended, not by when they were accepted", async (t) => {
      const calls = await openCalls(t);
      await calls.insert([callAt(1, { completedAtMs: 9000 }), callAt(2)]);
      await pruneAll(calls, { ...KEEP_ALL, olderThanMs: 5000 });
      assert.deepEqual(await secondsOf(calls), [1]);
    });

    test("keeps the newest of each app", async (t) => {
      const calls = await openCalls(t);
      await calls.insert([1, 2, 3, 4].map((second) => callAt(second)));
      await calls.insert([1, 2, 3].map((second) => callAt(second, { appName: "other" })));
      assert.equal(await pruneAll(calls, { ...KEEP_ALL, perApp: 2 }), 3);
      assert.deepEqual(await secondsOf(calls), [4, 3]);
      assert.deepEqual(await secondsOf(calls, "other"), [3, 2]);
    });

    test("keeps the newest of each app, thousands of them", async (t) => {
      const calls = await openCalls(t);
      await calls.insert(Array.from({ length: 10_002 }, (_, i) => ({ ...callAt(i), log: "" })));
      assert.equal(await pruneAll(calls, { ...KEEP_ALL, perApp: 10_000 }), 2);
    });

    test("keeps everything of an app that has fewer", async (t) => {
      const calls = await openCalls(t);
      await calls.insert([1, 2].map((second) => callAt(second)));
      assert.equal(await calls.prune({ ...KEEP_ALL, perApp: 2 }), 0);
      assert.equal(await calls.prune({ ...KEEP_ALL, perApp: 3 }), 0);
    });

    test("takes what either limit says", async (t) => {
      const calls = await openCalls(t);
      await calls.insert([1, 2, 3, 4].map((second) => callAt(second)));
      await pruneAll(calls, { ...KEEP_ALL, olderThanMs: 3000, perApp: 2 });
      assert.deepEqual(await secondsOf(calls), [4, 3]);
      await pruneAll(calls, { ...KEEP_ALL, olderThanMs: 5000, perApp: 2 });
      assert.deepEqual(await secondsOf(calls), [4]);
    });

    test("leaves calls that have not ended, and dead ones, which count among the newest", async (t) => {
      const calls = await openCalls(t);
      await calls.insert([
        callAt(1, { status: "queued", completedAtMs: undefined, attempts: 0, isDead: false }),
        callAt(2, { status: "running", completedAtMs: undefined, attempts: 1, isDead: false }),
        callAt(3, { status: "error", attempts: 1, isDead: true }),
        callAt(4),
        callAt(5),
      ]);
      await pruneAll(calls, { ...KEEP_ALL, olderThanMs: 60_000, perApp: 1 });
      assert.deepEqual(await secondsOf(calls), [3, 2, 1]);
    });

    test("goes past many that must stay", async (t) => {
      const calls = await openCalls(t);
      await calls.insert([1, 2, 3, 4, 5].map((second) => callAt(second, { isDead: true, attempts: 1 })));
      await calls.insert([6, 7].map((second) => callAt(second)));
      assert.equal(await calls.prune({ ...KEEP_ALL, olderThanMs: 60_000, limit: 2 }), 2);
    });

    test("at the same time takes each call once", async (t) => {
      const calls = await openCalls(t);
      await calls.insert(Array.from({ length: 30 }, (_, i) => callAt(i)));
      const rule = { ...KEEP_ALL, perApp: 10, limit: 3 };
      const removed = await Promise.all([pruneAll(calls, rule), pruneAll(calls, rule)]);
      assert.equal(removed[0] + removed[1], 20);
      assert.equal((await secondsOf(calls)).length, 10);
    });

    test("takes answers with their calls", async (t) => {
      const { store, nowMs } = await open(t);
      await store.queue.enqueue(sampleQueued(idAt(1)));
      const end = sampleEnd(await claimOne(store.queue), { completedAtMs: 2000 });
      await store.queue.finish("node-1", { ...end, keepAnswerMs: 3_600_000 });
      assert.notEqual(await store.calls.answer("demo", idAt(1)), undefined);
      assert.equal(await pruneAll(store.calls, { ...KEEP_ALL, olderThanMs: nowMs() }), 1);
      assert.equal(await store.calls.answer("demo", idAt(1)), undefined);
    });
  });
}

/** Until nothing is left; gives how many it were. */
async function pruneAll(calls: CallStore, rule: PruneRule): Promise<number> {
  let sum = 0;
  for (let removed = await calls.prune(rule); removed > 0; removed = await calls.prune(rule)) sum += removed;
  return sum;
}

/** Of what is there, the newest first. */
async function secondsOf(calls: CallStore, appName = "demo"): Promise<number[]> {
  const page = await calls.list(appName, { limit: 100 });
  return page.map(({ createdAtMs }) => createdAtMs / 1000);
}
