import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Store } from "../store.ts";
import { sampleQueued } from "./queued.suite.ts";
import { sampleApp, sampleFn, sampleRecord, sampleRoute, sampleTrigger } from "./samples.suite.ts";
import { refusal, until } from "./test-store.suite.ts";

/** Opens two stores over the same place, with nothing in it; both are closed when the test ends. */
export type OpenTwo = (t: TestContext) => Promise<readonly [Store, Store]>;

const app = sampleApp("demo", { updatedAtMs: 0 });

export function sharingSuite(open: OpenTwo): void {
  test("each store sees at once what the other has stored", async (t) => {
    const [one, other] = await open(t);
    await one.routes.insert(app, sampleRoute(app, "/hello"));
    await other.calls.insert([sampleRecord("call-1", {}, "a line")]);
    assert.deepEqual(await other.routes.get("demo", "/hello"), { ...sampleRoute(app, "/hello"), app });
    assert.equal(await one.calls.log("demo", "call-1"), "a line");
  });

  test("each store lists the nodes that announce themselves in the other", async (t) => {
    const [one, other] = await open(t);
    await one.nodes.announce("a:1", false, 60_000);
    await other.nodes.announce("b:1", true, 60_000);
    const nodes = [
      { name: "a:1", weight: 1, isDraining: false },
      { name: "b:1", weight: 1, isDraining: true },
    ];
    assert.deepEqual([await one.nodes.list(), await other.nodes.list()], [nodes, nodes]);
  });

  test("what one store made of a route the other changes as a fn", async (t) => {
    const [one, other] = await open(t);
    const { fn } = await one.routes.insert(app, sampleRoute(app, "/hello"));
    await other.fns.update(fn.id, (old) => ({ ...old, image: "test/new" }));
    assert.equal((await one.routes.get("demo", "/hello"))?.fn.image, "test/new");
  });

  test("of routes and triggers stored through both at the same time, one has the path", async (t) => {
    const [one, other] = await open(t);
    const fn = sampleFn(app, "fn");
    await one.apps.insert(app);
    await one.fns.insert(fn);
    const outcomes = await Promise.allSettled([
      one.routes.insert(app, sampleRoute(app, "/hello")),
      other.triggers.insert(sampleTrigger(fn, "/hello", { id: "other" })),
    ]);
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    assert.equal((await one.triggers.list(app.id, { limit: 2 })).length, 1);
  });

  test("a change through one store moves the count of changes that the other reads", async (t) => {
    const [one, other] = await open(t);
    const before = await other.changeCount();
    await one.apps.insert(app);
    await until(async () => (await other.changeCount()) > before);
  });

  test("a call that one store queues is told to those who listen in the other", async (t) => {
    const [one, other] = await open(t);
    const told = new Promise<void>((resolve) => t.after(other.queue.onEnqueued(resolve)));
    await one.queue.enqueue(sampleQueued("call-1"));
    await told;
  });

  test("what one store holds is taken for the other", async (t) => {
    const [one, other] = await open(t);
    await one.routes.insert(app, sampleRoute(app, "/hello"));
    await assert.rejects(other.apps.insert(app), refusal("app_exists"));
    await assert.rejects(other.routes.insert(app, sampleRoute(app, "/hello")), refusal("route_exists"));
  });

  test("updates through both stores at the same time all count", async (t) => {
    const [one, other] = await open(t);
    await one.apps.insert(app);
    const updates = Array.from({ length: 40 }, (_, i) =>
      (i % 2 === 0 ? one : other).apps.update({ name: "demo" }, (old) => ({
        ...old,
        updatedAtMs: old.updatedAtMs + 1,
      })),
    );
    await Promise.all(updates);
    assert.equal((await one.apps.get({ name: "demo" }))?.updatedAtMs, 40);
  });

  test("one store goes on when the other is closed", async (t) => {
    const [one, other] = await open(t);
    await one.apps.insert(app);
    await one.close();
    assert.deepEqual(await other.apps.get({ name: "demo" }), app);
  });
}
