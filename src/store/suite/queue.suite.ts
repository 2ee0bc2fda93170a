import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Store } from "../store.ts";
import {
  claimIds,
  claimOne,
  enqueueAll,
  enqueueDead,
  LEASE_MS,
  queuedCall,
  sampleEnd,
  sampleQueued,
  sampleRequest,
} from "./queued.suite.ts";
import type { OpenTimed } from "./timed-store.suite.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** How calls come into the queue, and who gets them. */
export function queueSuite(open: OpenTimed): void {
  describe("putting a call into the queue", () => {
    test("stores it as a call of its app that is queued and was never begun", async (t) => {
      const { calls, queue } = (await open(t)).store;
      assert.equal(await queue.enqueue(sampleQueued("call-1")), "call-1");
      assert.deepEqual(
        await calls.get("demo", "call-1"),
        queuedCall("call-1", { fnId: "fn-1", createdAtMs: 0 }),
      );
    });

    test("tells those who listen, until they stop", async (t) => {
      const { queue } = (await open(t)).store;
      const { promise: told, resolve } = Promise.withResolvers<void>();
      const stop = queue.onEnqueued(resolve);
      await queue.enqueue(sampleQueued("call-1"));
      await told;
      stop();
    });

    test("changes nothing when the call is there already, even when it has ended", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      assert.equal(await queue.enqueue(sampleQueued("call-1")), "call-1");
      await queue.finish("node-1", sampleEnd(await claimOne(queue)));
      assert.equal(await queue.enqueue(sampleQueued("call-1")), "call-1");
      assert.equal((await calls.get("demo", "call-1"))?.status, "success");
      assert.deepEqual(await claimIds(queue), []);
    });

    test("refuses an id that a call of another app waits under, and stores nothing", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"));
      await assert.rejects(queue.enqueue(sampleQueued("call-1", { appName: "other" })), {
        code: "call_id_taken",
      });
      assert.equal(await calls.get("other", "call-1"), undefined);
      assert.deepEqual(await claimIds(queue), ["call-1"]);
    });
  });

  describe("a key", () => {
    const key = { key: "once", keepMs: DAY_MS };

    test("gives the call that its fn was given first, and nothing is stored", async (t) => {
      const { calls, queue } = (await open(t)).store;
      assert.equal(await queue.enqueue(sampleQueued("call-1"), key), "call-1");
      assert.equal(await queue.enqueue(sampleQueued("call-2"), key), "call-1");
      assert.equal(await calls.get("demo", "call-2"), undefined);
      assert.deepEqual(await claimIds(queue), ["call-1"]);
    });

    test("gives it even when that call has ended", async (t) => {
      const { queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"), key);
      await queue.finish("node-1", sampleEnd(await claimOne(queue)));
      assert.equal(await queue.enqueue(sampleQueued("call-2"), key), "call-1");
    });

    test("means another call for another fn", async (t) => {
      const { queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1"), key);
      assert.equal(await queue.enqueue(sampleQueued("call-2", { fnId: "fn-2" }), key), "call-2");
    });

    test("is free again once its time is over, counted from the first call", async (t) => {
      const { store, pass } = await open(t);
      await store.queue.enqueue(sampleQueued("call-1"), key);
      await pass(DAY_MS / 2);
      assert.equal(await store.queue.enqueue(sampleQueued("call-2"), key), "call-1");
      await pass(DAY_MS / 2);
      assert.equal(await store.queue.enqueue(sampleQueued("call-3"), key), "call-3");
    });

    test("that many use at the same time is given to one of them", async (t) => {
      const { queue } = (await open(t)).store;
      const ids = Array.from({ length: 10 }, (_, i) => `call-${i}`);
      const given = await Promise.all(ids.map((id) => queue.enqueue(sampleQueued(id), key)));
      assert.equal(new Set(given).size, 1);
      assert.deepEqual(await claimIds(queue), given.slice(0, 1));
    });
  });

  describe("claiming", () => {
    test("gives the call, now running, with all that its caller sent", async (t) => {
      const { calls, queue } = (await open(t)).store;
      await queue.enqueue(sampleQueued("call-1", { priority: 2 }));
      const { dueAtMs, ...claimed } = await claimOne(queue);
      const call = queuedCall("call-1", { fnId: "fn-1", createdAtMs: 0, status: "running", attempts: 1 });
      assert.deepEqual(claimed, { call, request: sampleRequest, priority: 2, attempts: 1, refusals: 0 });
      assert.deepEqual(await calls.get("demo", "call-1"), call);
    });

    test("gives calls in their order, however large they are together", async (t) => {
      const { queue } = (await open(t)).store;
      const ids = ["call-1", "call-2", "call-3", "call-4"];
      for (const [index, mib] of [9, 9, 0, 17].entries()) {
        const request = { body: new Uint8Array(mib * 1024 * 1024) };
        await queue.enqueue(sampleQueued(ids[index] ?? "", { createdAtMs: index - 10, request }));
      }
      assert.deepEqual(await claimIds(queue), ids);
    });

    test("gives empty bodies and no trigger as they are", async (t) => {
      const { queue } = (await open(t)).store;
      const request = { ...sampleRequest, body: new Uint8Array(), headers: [], triggerId: undefined };
      await queue.enqueue(sampleQueued("call-1", { request }));
      assert.deepEqual((await claimOne(queue)).request, request);
    });

    test("gives no more than asked, and nothing twice", async (t) => {
      const { queue } = (await open(t)).store;
      await enqueueAll(
        queue,
        ["1", "2", "3"].map((id) => sampleQueued(id)),
      );
      assert.deepEqual(await claimIds(queue, 2), ["1", "2"]);
      assert.deepEqual(await claimIds(queue, 2), ["3"]);
      assert.deepEqual(await claimIds(queue, 2), []);
    });

    test("leaves a call until it is due", async (t) => {
      const { store, nowMs, pass } = await open(t);
      await store.queue.enqueue(sampleQueued("call-1", { createdAtMs: nowMs(), delayMs: 10_000 }));
      await pass(5000);
      assert.deepEqual(await claimIds(store.queue), []);
      await pass(5000);
      assert.deepEqual(await claimIds(store.queue), ["call-1"]);
    });

    test("gives a call without a delay at once, though the clock of its node is ahead", async (t) => {
      const { store, nowMs } = await open(t);
      await store.queue.enqueue(sampleQueued("call-1", { createdAtMs: nowMs() + 60_000 }));
      assert.deepEqual(await claimIds(store.queue), ["call-1"]);
    });

    test("goes by priority, then by when calls were due, then by id", async (t) => {
      const { queue } = (await open(t)).store;
      await enqueueAll(queue, [
        sampleQueued("low", { priority: 0 }),
        sampleQueued("later", { createdAtMs: 2 }),
        sampleQueued("b", { createdAtMs: 1 }),
        sampleQueued("a", { createdAtMs: 1 }),
        sampleQueued("high", { priority: 2, createdAtMs: 3 }),
      ]);
      assert.deepEqual(await claimIds(queue, 2), ["high", "a"]);
      assert.deepEqual(await claimIds(queue), ["b", "later", "low"]);
    });

    test("at the same time gives each call to one", async (t) => {
      const { queue } = (await open(t)).store;
      await enqueueAll(
        queue,
        Array.from({ length: 20 }, (_, i) => sampleQueued(`call-${i}`)),
      );
      const claims = ["a", "b", "c", "d"].map((holder) => claimIds(queue, 10, holder));
      const claimed = (await Promise.all(claims)).flat();
      const rest = await claimIds(queue);
      assert.equal(new Set([...claimed, ...rest]).size, 20);
      assert.equal(claimed.length + rest.length, 20);
    });
  });

  describe("apps", () => {
    const callsOf = (appName: string, count: number) =>
      Array.from({ length: count }, (_, i) => sampleQueued(`${appName}${i}`, { appName }));

    test("take turns within a claim", async (t) => {
      const { queue } = (await open(t)).store;
      await enqueueAll(queue, [...callsOf("a", 3), ...callsOf("b", 3), ...callsOf("c", 1)]);
      assert.deepEqual(await claimIds(queue), ["a0", "b0", "c0", "a1", "b1", "a2", "b2"]);
    });

    test("take turns from claim to claim", async (t) => {
      const { queue } = (await open(t)).store;
      await enqueueAll(queue, [...callsOf("a", 3), ...callsOf("b", 3), ...callsOf("c", 3)]);
      assert.deepEqual(await claimIds(queue, 1), ["a0"]);
      assert.deepEqual(await claimIds(queue, 4), ["b0", "c0", "a1", "b1"]);
      assert.deepEqual(await claimIds(queue, 2), ["c1", "a2"]);
    });

    test("with a higher priority do not go before others", async (t) => {
      const { queue } = (await open(t)).store;
      const high = ["b0", "b1", "b2"].map((id) => sampleQueued(id, { appName: "b", priority: 2 }));
      await enqueueAll(queue, [...callsOf("a", 2), ...high]);
      assert.deepEqual(await claimIds(queue, 4), ["a0", "b0", "a1", "b1"]);
    });

    test("with few calls of one priority have their turns with those of the next", async (t) => {
      const { queue } = (await open(t)).store;
      await enqueueAll(queue, [
        ...callsOf("a", 3),
        sampleQueued("low", { appName: "b", priority: 0 }),
        sampleQueued("high", { appName: "b", priority: 2 }),
      ]);
      assert.deepEqual(await claimIds(queue, 4), ["a0", "high", "a1", "low"]);
    });

    test("that are more than one query asks for all have their turn", async (t) => {
      const { queue } = (await open(t)).store;
      const names = Array.from({ length: 70 }, (_, i) => `app${String(i).padStart(2, "0")}`);
      await enqueueAll(
        queue,
        names.map((appName) => sampleQueued(`of ${appName}`, { appName })),
      );
      assert.deepEqual(
        await claimIds(queue, 100),
        names.map((name) => `of ${name}`),
      );
    });
  });

  describe("a lease", () => {
    test("that has ended leaves its call to the next claim, in its old place", async (t) => {
      const { store, pass } = await open(t);
      await enqueueAll(store.queue, [sampleQueued("1"), sampleQueued("2")]);
      assert.equal((await claimOne(store.queue, "dead")).call.id, "1");
      await pass(LEASE_MS);
      const { call, attempts } = await claimOne(store.queue, "alive");
      assert.deepEqual({ id: call.id, attempts }, { id: "1", attempts: 2 });
    });

    test("that is renewed keeps its call", async (t) => {
      const { store, pass } = await open(t);
      await store.queue.enqueue(sampleQueued("call-1"));
      await claimOne(store.queue);
      await pass(LEASE_MS / 2);
      assert.deepEqual(await store.queue.renew("node-1", ["call-1"], LEASE_MS), ["call-1"]);
      await pass(LEASE_MS / 2);
      assert.deepEqual(await claimIds(store.queue, 1, "node-2"), []);
    });

    test("can be renewed only by its holder", async (t) => {
      const { queue } = (await open(t)).store;
      await enqueueAll(queue, [sampleQueued("1"), sampleQueued("2")]);
      await claimOne(queue, "node-1");
      await claimOne(queue, "node-2");
      assert.deepEqual(await queue.renew("node-2", ["1", "2", "unknown"], LEASE_MS), ["2"]);
      assert.deepEqual(await queue.renew("node-2", [], LEASE_MS), []);
    });

    test("that another has now cannot be renewed", async (t) => {
      const { store, pass } = await open(t);
      await store.queue.enqueue(sampleQueued("call-1"));
      await claimOne(store.queue, "slow");
      await pass(LEASE_MS);
      await claimOne(store.queue, "quick");
      assert.deepEqual(await store.queue.renew("slow", ["call-1"], LEASE_MS), []);
    });
  });

  describe("the next call", () => {
    const nextOf = ({ queue }: Store) => queue.nextDueInMs();

    test("is not there in an empty queue, nor when all that is there is dead", async (t) => {
      const { store } = await open(t);
      assert.equal(await nextOf(store), undefined);
      await enqueueDead(store.queue, "call-1");
      assert.equal(await nextOf(store), undefined);
    });

    test("is due at once when one waits", async (t) => {
      const { store } = await open(t);
      await store.queue.enqueue(sampleQueued("call-1"));
      assert.equal(await nextOf(store), 0);
    });

    test("is due after the shortest delay", async (t) => {
      const { store, nowMs } = await open(t);
      for (const delayMs of [90_000, 60_000]) {
        await store.queue.enqueue(sampleQueued(`${delayMs}`, { createdAtMs: nowMs(), delayMs }));
      }
      const inMs = (await nextOf(store)) ?? 0;
      assert.ok(inMs > 30_000 && inMs <= 60_000, `${inMs} ms`);
    });

    test("is due when a lease ends", async (t) => {
      const { store } = await open(t);
      await store.queue.enqueue(sampleQueued("call-1"));
      await claimOne(store.queue);
      const inMs = (await nextOf(store)) ?? 0;
      assert.ok(inMs > 0 && inMs <= LEASE_MS, `${inMs} ms`);
    });
  });

  test("counts tell how many wait, run and are dead", async (t) => {
    const { queue } = (await open(t)).store;
    assert.deepEqual(await queue.counts(), { queued: 0, running: 0, dead: 0 });
    await enqueueDead(queue, "dead");
    await enqueueAll(
      queue,
      ["1", "2", "3", "4", "5"].map((id) => sampleQueued(id)),
    );
    await claimIds(queue, 2);
    assert.deepEqual(await queue.counts(), { queued: 3, running: 2, dead: 1 });
  });
}
