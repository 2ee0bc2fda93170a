import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Store } from "../store.ts";
import {
  claimIds,
  claimOne,
  enqueueDead,
  LEASE_MS,
  sampleAnswer,
  sampleEnd,
  sampleQueued,
  sampleRequest,
} from "./queued.suite.ts";
import { refusal } from "./test-store.suite.ts";
import type { OpenTimed } from "./timed-store.suite.ts";

/** What becomes of calls that are in the queue. */
export function queueMovesSuite(open: OpenTimed): void {
  describe("the end of a queued call", () => {
    test("is stored with its log and answer, and the call leaves the queue", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      const end = sampleEnd(await claimOne(queue), { timeline: { queue: 1, run: 2.5 } });
      assert.equal(await queue.finish("node-1", end), true);
      assert.deepEqual(await calls.get("demo", "call-1"), end.record.call);
      assert.equal(await calls.log("demo", "call-1"), "a line");
      assert.deepEqual(await calls.answer("demo", "call-1"), sampleAnswer);
      assert.deepEqual(await queue.counts(), { queued: 0, running: 0, dead: 0 });
    });

    test("may come without an answer and without a log", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      const { record } = sampleEnd(await claimOne(queue), { status: "error", error: "it failed" });
      await queue.finish("node-1", { record: { ...record, log: "" }, keepAnswerMs: 1000 });
      assert.equal(await calls.answer("demo", "call-1"), undefined);
      assert.equal(await calls.log("demo", "call-1"), "");
    });

    test("comes once", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      const claimed = await claimOne(queue);
      await queue.finish("node-1", sampleEnd(claimed));
      assert.equal(await queue.finish("node-1", sampleEnd(claimed, { status: "error" })), false);
      assert.equal((await calls.get("demo", "call-1"))?.status, "success");
    });

    test("is not taken from one who does not have the call, and nothing is stored", async (t) => {
      const { store, pass } = await open(t);
      await store.queue.enqueue(sampleQueued("call-1"));
      const claimed = await claimOne(store.queue, "slow");
      await pass(LEASE_MS);
      await claimOne(store.queue, "quick");
      assert.equal(await store.queue.finish("slow", sampleEnd(claimed)), false);
      assert.equal((await store.calls.get("demo", "call-1"))?.status, "running");
      assert.equal(await store.calls.log("demo", "call-1"), "");
      assert.equal(await store.calls.answer("demo", "call-1"), undefined);
    });

    test("is taken after the end of the lease, while nobody else has the call", async (t) => {
      const { store, pass } = await open(t);
      await store.queue.enqueue(sampleQueued("call-1"));
      const claimed = await claimOne(store.queue);
      await pass(2 * LEASE_MS);
      assert.equal(await store.queue.finish("node-1", sampleEnd(claimed)), true);
    });

    test("that failed for good leaves the call in the queue, where nobody claims it", async (t) => {
      const { store, pass } = await open(t);
      await enqueueDead(store.queue, "call-1");
      await pass(10 * LEASE_MS);
      assert.deepEqual(await claimIds(store.queue), []);
      assert.deepEqual(await store.queue.counts(), { queued: 0, running: 0, dead: 1 });
      const call = await store.calls.get("demo", "call-1");
      const { status, error, isDead, attempts } = call ?? {};
      assert.deepEqual(
        { status, error, isDead, attempts },
        { status: "error", error: "it failed", isDead: true, attempts: 1 },
      );
    });

    test("cannot be one that is none, nor a success that is dead", async (t) => {
      const { queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      const claimed = await claimOne(queue);
      await assert.rejects(queue.finish("node-1", sampleEnd(claimed, { completedAtMs: undefined })));
      await assert.rejects(queue.finish("node-1", sampleEnd(claimed, { isDead: true })));
      assert.equal(await queue.finish("node-1", sampleEnd(claimed)), true);
    });

    test("keeps the answer for as long as told", async (t) => {
      const { store, pass } = await open(t);
      await store.queue.enqueue(sampleQueued("call-1"));
      await store.queue.finish("node-1", { ...sampleEnd(await claimOne(store.queue)), keepAnswerMs: 60_000 });
      await pass(30_000);
      assert.deepEqual(await store.calls.answer("demo", "call-1"), sampleAnswer);
      await pass(30_000);
      assert.equal(await store.calls.answer("demo", "call-1"), undefined);
    });

    test("keeps the answer to its app", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      await queue.finish("node-1", sampleEnd(await claimOne(queue)));
      assert.equal(await calls.answer("other", "call-1"), undefined);
    });
  });

  describe("a call that is put back", () => {
    const back = { delayMs: 0, wasRun: true, error: "it failed" };

    test("is queued again, with what went wrong", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      await claimOne(queue);
      assert.equal(await queue.putBack("node-1", "call-1", back), true);
      const { status, error, attempts } = (await calls.get("demo", "call-1")) ?? {};
      assert.deepEqual({ status, error, attempts }, { status: "queued", error: "it failed", attempts: 1 });
    });

    test("is claimed again once its delay is over, with one attempt more", async (t) => {
      const { store, pass } = await open(t);
      await store.queue.enqueue(sampleQueued("call-1"));
      await claimOne(store.queue);
      await store.queue.putBack("node-1", "call-1", { ...back, delayMs: 20_000 });
      await pass(10_000);
      assert.deepEqual(await claimIds(store.queue), []);
      await pass(10_000);
      assert.equal((await claimOne(store.queue)).attempts, 2);
    });

    test("without having been run has not used an attempt, and such refusals are counted until it runs", async (t) => {
      const { queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      const seen: unknown[] = [];
      for (const wasRun of [false, false, true, false]) {
        const { attempts, refusals } = await claimOne(queue);
        seen.push([attempts, refusals]);
        await queue.putBack("node-1", "call-1", { ...back, wasRun });
      }
      assert.deepEqual(seen, [
        [1, 0],
        [1, 1],
        [1, 2],
        [2, 0],
      ]);
    });

    test("keeps its log until a later attempt leaves one", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      const logs: unknown[] = [];
      for (const log of ["first", "", "third"]) {
        await claimOne(queue);
        await queue.putBack("node-1", "call-1", { ...back, log });
        logs.push(await calls.log("demo", "call-1"));
      }
      assert.deepEqual(logs, ["first", "first", "third"]);
      await queue.finish("node-1", sampleEnd(await claimOne(queue)));
      assert.equal(await calls.log("demo", "call-1"), "a line");
    });

    test("loses its log when its last attempt ran, and wrote none", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      await claimOne(queue);
      await queue.putBack("node-1", "call-1", { ...back, log: "first" });
      const { record, keepAnswerMs } = sampleEnd(await claimOne(queue));
      await queue.finish("node-1", { record: { ...record, log: "" }, keepAnswerMs });
      assert.equal(await calls.log("demo", "call-1"), "");
    });

    test("has to be its holder's", async (t) => {
      const { queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      assert.equal(await queue.putBack("node-1", "call-1", back), false);
      const claimed = await claimOne(queue);
      assert.equal(await queue.putBack("node-2", "call-1", back), false);
      await queue.finish("node-1", sampleEnd(claimed));
      assert.equal(await queue.putBack("node-1", "call-1", back), false);
    });

    test("is told to those who listen", async (t) => {
      const { queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      await claimOne(queue);
      const { promise: told, resolve } = Promise.withResolvers<void>();
      const stop = queue.onEnqueued(resolve);
      await queue.putBack("node-1", "call-1", back);
      await told;
      stop();
    });
  });

  describe("a call that is taken back", () => {
    test("while it waits is cancelled, and never claimed", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      const call = await queue.cancel("demo", "call-1");
      assert.equal(call.status, "cancelled");
      assert.notEqual(call.completedAtMs, undefined);
      assert.deepEqual(await calls.get("demo", "call-1"), call);
      assert.deepEqual(await claimIds(queue), []);
    });

    test("while it runs is cancelled, and its holder learns it", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      const claimed = await claimOne(queue);
      await queue.cancel("demo", "call-1");
      assert.deepEqual(await queue.renew("node-1", ["call-1"], LEASE_MS), []);
      assert.equal(await queue.finish("node-1", sampleEnd(claimed)), false);
      assert.equal((await calls.get("demo", "call-1"))?.status, "cancelled");
    });

    test("when it is dead is cancelled, and not dead any more", async (t) => {
      const { queue } = (await open(t)).store;
      await enqueueDead(queue, "call-1");
      const { status, isDead } = await queue.cancel("demo", "call-1");
      assert.deepEqual({ status, isDead }, { status: "cancelled", isDead: false });
      await assert.rejects(queue.redrive("demo", "call-1"), refusal("call_not_dead"));
    });

    test("has to be there, in that app", async (t) => {
      const { queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      await assert.rejects(queue.cancel("demo", "unknown"), refusal("call_not_found"));
      await assert.rejects(queue.cancel("other", "call-1"), refusal("call_not_found"));
      assert.deepEqual(await claimIds(queue), ["call-1"]);
    });

    test("must not have ended", async (t) => {
      const { queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      await queue.finish("node-1", sampleEnd(await claimOne(queue)));
      await assert.rejects(queue.cancel("demo", "call-1"), refusal("call_ended"));
      await queue.enqueue(sampleQueued("call-2"));
      await queue.cancel("demo", "call-2");
      await assert.rejects(queue.cancel("demo", "call-2"), refusal("call_ended"));
    });
  });

  describe("a dead call that is to run again", () => {
    test("is queued as it was in the beginning, without what its last attempt left", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await enqueueDead(queue, "call-1");
      const call = await queue.redrive("demo", "call-1");
      const { status, error, attempts, isDead, completedAtMs } = call;
      assert.deepEqual(
        { status, error, attempts, isDead, completedAtMs },
        { status: "queued", error: undefined, attempts: 0, isDead: false, completedAtMs: undefined },
      );
      assert.deepEqual(await calls.get("demo", "call-1"), call);
      assert.equal(await calls.log("demo", "call-1"), "");
      assert.equal(await calls.answer("demo", "call-1"), undefined);
    });

    test("is claimed with all that its caller sent, and ends as others do", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await enqueueDead(queue, "call-1");
      await queue.redrive("demo", "call-1");
      const claimed = await claimOne(queue);
      assert.deepEqual([claimed.attempts, claimed.request], [1, sampleRequest]);
      assert.equal(await queue.finish("node-1", sampleEnd(claimed)), true);
      assert.equal(await calls.log("demo", "call-1"), "a line");
    });

    test("has to be dead", async (t) => {
      const { store } = await open(t);
      const refused = () => assert.rejects(store.queue.redrive("demo", "call-1"), refusal("call_not_dead"));
      await store.queue.enqueue(sampleQueued("call-1"));
      await refused();
      const claimed = await claimOne(store.queue);
      await refused();
      await store.queue.finish("node-1", sampleEnd(claimed));
      await refused();
    });

    test("has to be there, in that app", async (t) => {
      const { store } = await open(t);
      await enqueueDead(store.queue, "call-1");
      const refused = (redrive: (queue: Store["queue"]) => Promise<unknown>) =>
        assert.rejects(redrive(store.queue), refusal("call_not_found"));
      await refused((queue) => queue.redrive("demo", "unknown"));
      await refused((queue) => queue.redrive("other", "call-1"));
    });
  });
}
