import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Route } from "../../model/route.ts";
import type { RouteStore } from "../store.ts";
import { sampleApp, sampleRecord, sampleRoute } from "./samples.suite.ts";
import { type OpenEmpty, refusal } from "./test-store.suite.ts";

const app = sampleApp("demo");

export function routesSuite(open: OpenEmpty): void {
  describe("routes", () => {
    test("a route comes back as it was stored, with its app", async (t) => {
      const { routes } = await open(t);
      const route = sampleRoute(app, "/hello", {
        image: "test/other:1",
        format: "json",
        type: "async",
        memoryMib: 64,
        cpusMilli: 500,
        timeoutS: 3600,
        idleTimeoutS: 1,
        config: { A: "1" },
        headers: { "X-One": ["1"], "x-many": ["a", "b", ""] },
      });
      assert.deepEqual(await routes.insert(app, route), route);
      assert.deepEqual(await routes.get("demo", "/hello"), { ...route, app });
    });

    test("a route that is not there is undefined, in an app and in none", async (t) => {
      const { apps, routes } = await open(t);
      await apps.insert(app);
      assert.equal(await routes.get("demo", "/hello"), undefined);
      assert.equal(await routes.get("other", "/hello"), undefined);
    });

    test("paths match whole, and by case", async (t) => {
      const { routes } = await open(t);
      await routes.insert(app, sampleRoute(app, "/a/b"));
      for (const path of ["/a", "/a/b/", "/A/b", "/a/b/c", ""]) {
        assert.equal(await routes.get("demo", path), undefined);
      }
    });

    describe("storing", () => {
      test("stores the app with the first route", async (t) => {
        const { apps, routes } = await open(t);
        await routes.insert(app, sampleRoute(app, "/hello"));
        assert.deepEqual(await apps.get({ name: "demo" }), app);
      });

      test("puts the route into the app that is there, which stays as it was", async (t) => {
        const { apps, routes } = await open(t);
        await apps.insert(app);
        const newcomer = sampleApp("demo", { id: "new", config: { A: "1" } });
        const route = await routes.insert(newcomer, sampleRoute(newcomer, "/hello"));
        assert.deepEqual([route.fn.appId, route.trigger.appId], [app.id, app.id]);
        assert.deepEqual(await routes.get("demo", "/hello"), { ...route, app });
      });

      test("a path is taken once in an app: the second route is refused, the first stays", async (t) => {
        const { routes } = await open(t);
        const first = sampleRoute(app, "/hello");
        await routes.insert(app, first);
        const second = withIds("second", sampleRoute(app, "/hello", { image: "test/other" }));
        await assert.rejects(routes.insert(app, second), refusal("route_exists"));
        assert.deepEqual(await routes.list("demo", { limit: 2 }), [first]);
      });

      test("a refused route leaves nothing behind that is in the way of the next", async (t) => {
        const { routes } = await open(t);
        await routes.insert(app, sampleRoute(app, "/hello"));
        const refused = withIds("refused", sampleRoute(app, "/hello"));
        await assert.rejects(
          routes.insert(app, { ...refused, fn: { ...refused.fn, name: "/free" } }),
          refusal("route_exists"),
        );
        const next = withIds("refused", sampleRoute(app, "/free"));
        assert.deepEqual(await routes.insert(app, next), next);
      });

      test("another app may have the same path", async (t) => {
        const { routes } = await open(t);
        const other = sampleApp("other");
        await routes.insert(app, sampleRoute(app, "/hello"));
        await routes.insert(other, sampleRoute(other, "/hello"));
        assert.equal((await routes.get("other", "/hello"))?.app.id, other.id);
      });
    });

    describe("listing", () => {
      test("goes by path, ascending, byte by byte", async (t) => {
        const { routes } = await open(t);
        // U+FF5E comes before U+1F600 in UTF-8, and after it in the halves that JavaScript compares.
        const sorted = ["/", "/A", "/a", "/a/b", "/a0", "/b", "/é", "/\uff5e", "/\u{1f600}"];
        await insertAll(routes, sorted.toReversed());
        assert.deepEqual(await pathsOf(routes.list("demo", { limit: 100 })), sorted);
      });

      test("gives at most as many as asked, those after the path given", async (t) => {
        const { routes } = await open(t);
        await insertAll(routes, ["/a", "/b", "/c", "/d"]);
        assert.deepEqual(await pathsOf(routes.list("demo", { limit: 2 })), ["/a", "/b"]);
        assert.deepEqual(await pathsOf(routes.list("demo", { after: "/b", limit: 2 })), ["/c", "/d"]);
        assert.deepEqual(await pathsOf(routes.list("demo", { after: "/d", limit: 2 })), []);
      });

      test("gives whole routes", async (t) => {
        const { routes } = await open(t);
        const route = sampleRoute(app, "/hello", { config: { A: "1" }, headers: { B: ["2"] } });
        await routes.insert(app, route);
        assert.deepEqual(await routes.list("demo", { limit: 1 }), [route]);
      });

      test("can be narrowed to one image, counting only those", async (t) => {
        const { routes } = await open(t);
        await routes.insert(app, sampleRoute(app, "/a", { image: "one" }));
        await routes.insert(app, sampleRoute(app, "/b", { image: "two" }));
        await routes.insert(app, sampleRoute(app, "/c", { image: "one" }));
        assert.deepEqual(await pathsOf(routes.list("demo", { limit: 2, image: "one" })), ["/a", "/c"]);
        assert.deepEqual(await pathsOf(routes.list("demo", { limit: 2, image: "on" })), []);
      });

      test("gives nothing of another app, nor for an app that is not there", async (t) => {
        const { apps, routes } = await open(t);
        await insertAll(routes, ["/a"]);
        await apps.insert(sampleApp("empty"));
        assert.deepEqual(await routes.list("empty", { limit: 2 }), []);
        assert.deepEqual(await routes.list("missing", { limit: 2 }), []);
      });
    });

    describe("updating", () => {
      test("stores what the change makes of the route, and gives it back", async (t) => {
        const { routes } = await open(t);
        const route = sampleRoute(app, "/hello", { config: { A: "1" }, headers: { B: ["2"] } });
        await routes.insert(app, route);
        const updated = await routes.update("demo", "/hello", ({ fn, trigger }) => ({
          fn: { ...fn, image: "test/other", memoryMib: 256, config: {}, updatedAtMs: 7 },
          trigger: { ...trigger, headers: { ...trigger.headers, C: ["3"] }, updatedAtMs: 8 },
        }));
        assert.deepEqual(updated, {
          fn: { ...route.fn, image: "test/other", memoryMib: 256, config: {}, updatedAtMs: 7 },
          trigger: { ...route.trigger, headers: { B: ["2"], C: ["3"] }, updatedAtMs: 8 },
        });
        assert.deepEqual(await routes.get("demo", "/hello"), { ...updated, app });
      });

      test("changes no id, app, path or time of creation", async (t) => {
        const { routes } = await open(t);
        const route = sampleRoute(app, "/hello");
        await routes.insert(app, route);
        const updated = await routes.update("demo", "/hello", (old) => {
          const other = withIds("other", sampleRoute(sampleApp("other"), "/other"));
          return {
            fn: { ...other.fn, createdAtMs: 0, updatedAtMs: old.fn.updatedAtMs },
            trigger: { ...other.trigger, createdAtMs: 0, updatedAtMs: old.trigger.updatedAtMs },
          };
        });
        assert.deepEqual(updated, route);
        assert.deepEqual(await routes.list("demo", { limit: 2 }), [route]);
      });

      test("a route that is not there is refused, in an app and in none", async (t) => {
        const { apps, routes } = await open(t);
        await apps.insert(app);
        for (const name of ["demo", "other"]) {
          await assert.rejects(
            routes.update(name, "/hello", (route) => route),
            refusal("route_not_found"),
          );
        }
      });

      test("a change that throws is passed on, and stores nothing", async (t) => {
        const { routes } = await open(t);
        await insertAll(routes, ["/hello"]);
        const reason = new Error("no");
        const change = () => {
          throw reason;
        };
        await assert.rejects(routes.update("demo", "/hello", change), (error) => error === reason);
        assert.deepEqual(await routes.list("demo", { limit: 2 }), [sampleRoute(app, "/hello")]);
      });
    });

    describe("removing", () => {
      test("takes the route, and leaves its app and the others", async (t) => {
        const { apps, routes } = await open(t);
        await insertAll(routes, ["/a", "/b"]);
        await routes.remove("demo", "/a");
        assert.deepEqual(await pathsOf(routes.list("demo", { limit: 2 })), ["/b"]);
        assert.deepEqual(await apps.get({ name: "demo" }), app);
      });

      test("leaves the route's calls and logs", async (t) => {
        const { routes, calls } = await open(t);
        await insertAll(routes, ["/hello"]);
        await calls.insert([sampleRecord("call-1", {}, "a line")]);
        await routes.remove("demo", "/hello");
        assert.equal((await calls.get("demo", "call-1"))?.path, "/hello");
        assert.equal(await calls.log("demo", "call-1"), "a line");
      });

      test("makes room for a new route of that path", async (t) => {
        const { routes } = await open(t);
        await insertAll(routes, ["/hello"]);
        await routes.remove("demo", "/hello");
        const next = withIds("next", sampleRoute(app, "/hello"));
        assert.deepEqual(await routes.insert(app, next), next);
      });

      test("a route that is not there is refused, in an app and in none", async (t) => {
        const { apps, routes } = await open(t);
        await apps.insert(app);
        await assert.rejects(routes.remove("demo", "/hello"), refusal("route_not_found"));
        await assert.rejects(routes.remove("other", "/hello"), refusal("route_not_found"));
      });
    });
  });
}

async function insertAll(routes: RouteStore, paths: readonly string[]): Promise<void> {
  for (const path of paths) await routes.insert(app, sampleRoute(app, path));
}

async function pathsOf(routes: Promise<readonly Route[]>): Promise<string[]> {
  return (await routes).map(({ trigger }) => trigger.source);
}

/** The same route made anew: what it is called stays, what identifies it does not. */
function withIds(prefix: string, { fn, trigger }: Route): Route {
  const fnId = `${prefix}-fn`;
  return { fn: { ...fn, id: fnId }, trigger: { ...trigger, id: `${prefix}-trigger`, fnId } };
}
