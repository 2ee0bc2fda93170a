import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sampleApp, sampleFn, sampleRoute, sampleTrigger } from "./samples.suite.ts";
import { type OpenEmpty, refusal } from "./test-store.suite.ts";

const app = sampleApp("demo");

/** A route on the one side, a fn and a trigger on the other, are the same things. */
export function viewsSuite(open: OpenEmpty): void {
  describe("a route", () => {
    const route = sampleRoute(app, "/hello", { config: { A: "1" }, headers: { B: ["2"] } });

    test("is a fn and a trigger, both named by its path", async (t) => {
      const { routes, fns, triggers } = await open(t);
      await routes.insert(app, route);
      assert.deepEqual(await fns.list(app.id, { limit: 2, name: "/hello" }), [route.fn]);
      assert.deepEqual(await triggers.list(app.id, { limit: 2, name: "/hello" }), [route.trigger]);
      assert.deepEqual(await fns.get(route.fn.id), { app, fn: route.fn });
    });

    test("shows what was changed of its fn and of its trigger", async (t) => {
      const { routes, fns, triggers } = await open(t);
      await routes.insert(app, route);
      const fn = await fns.update(route.fn.id, (old) => ({
        ...old,
        image: "test/new",
        annotations: { a: 1 },
      }));
      const trigger = await triggers.update(route.trigger.id, (old) => ({
        ...old,
        name: "new",
        source: "/new",
      }));
      assert.equal(await routes.get("demo", "/hello"), undefined);
      assert.deepEqual(await routes.get("demo", "/new"), { app, fn, trigger });
    });

    test("changes its fn and its trigger", async (t) => {
      const { routes, fns, triggers } = await open(t);
      await routes.insert(app, route);
      const { fn, trigger } = await routes.update("demo", "/hello", (old) => ({
        fn: { ...old.fn, memoryMib: 64 },
        trigger: { ...old.trigger, headers: {} },
      }));
      assert.deepEqual(await fns.get(fn.id), { app, fn: { ...route.fn, memoryMib: 64 } });
      assert.deepEqual(await triggers.get(trigger.id), { ...route.trigger, headers: {} });
    });

    test("goes with its fn, and with its trigger", async (t) => {
      const { routes, fns, triggers } = await open(t);
      const second = sampleRoute(app, "/second");
      for (const each of [route, second]) await routes.insert(app, each);
      await fns.remove(route.fn.id);
      await triggers.remove(second.trigger.id);
      assert.deepEqual(await routes.list("demo", { limit: 2 }), []);
    });

    test("takes its fn and its trigger with it", async (t) => {
      const { routes, fns, triggers } = await open(t);
      await routes.insert(app, route);
      await routes.remove("demo", "/hello");
      assert.equal(await fns.get(route.fn.id), undefined);
      assert.equal(await triggers.get(route.trigger.id), undefined);
    });

    test("becomes that of a fn of its name that nothing leads to, whose id, time and notes stay", async (t) => {
      const { apps, routes, fns } = await open(t);
      const notes = { annotations: { a: 1 }, shape: "GENERIC_ARM" } as const;
      const orphan = sampleFn(app, "/hello", { id: "orphan", createdAtMs: 1, secrets: { S: "x" }, ...notes });
      await apps.insert(app);
      await fns.insert(orphan);
      const fn = { ...route.fn, id: "orphan", createdAtMs: 1, ...notes };
      const trigger = { ...route.trigger, fnId: "orphan" };
      assert.deepEqual(await routes.insert(app, route), { fn, trigger });
      assert.deepEqual(await routes.get("demo", "/hello"), { app, fn, trigger });
    });

    test("is refused when another path leads to a fn of its name, and nothing is stored", async (t) => {
      const { apps, routes, triggers, fns } = await open(t);
      const taken = sampleFn(app, "/hello", { id: "taken", image: "test/other" });
      await apps.insert(app);
      await fns.insert(taken);
      await triggers.insert(sampleTrigger(taken, "/elsewhere"));
      await assert.rejects(routes.insert(app, route), refusal("fn_exists"));
      assert.deepEqual(await fns.get("taken"), { app, fn: taken });
      assert.equal(await routes.get("demo", "/hello"), undefined);
    });
  });

  describe("a trigger that leads to a fn", () => {
    const fn = sampleFn(app, "fn");
    const openWithTwo: OpenEmpty = async (t) => {
      const store = await open(t);
      await store.apps.insert(app);
      await store.fns.insert(fn);
      for (const path of ["/one", "/two"]) await store.triggers.insert(sampleTrigger(fn, path));
      return store;
    };

    test("is a route", async (t) => {
      const { routes } = await openWithTwo(t);
      assert.deepEqual(await routes.get("demo", "/one"), { app, fn, trigger: sampleTrigger(fn, "/one") });
    });

    test("takes the path of a route", async (t) => {
      const { routes } = await openWithTwo(t);
      await assert.rejects(routes.insert(app, sampleRoute(app, "/one")), refusal("route_exists"));
    });

    test("goes as a route, and the fn stays for as long as another leads to it", async (t) => {
      const { routes, fns } = await openWithTwo(t);
      await routes.remove("demo", "/one");
      assert.deepEqual(await fns.get(fn.id), { app, fn });
      await routes.remove("demo", "/two");
      assert.equal(await fns.get(fn.id), undefined);
    });

    test("shows a change of the fn that was made by the route of another", async (t) => {
      const { routes } = await openWithTwo(t);
      await routes.update("demo", "/one", (old) => ({ ...old, fn: { ...old.fn, image: "test/new" } }));
      assert.equal((await routes.get("demo", "/two"))?.fn.image, "test/new");
    });
  });
}
