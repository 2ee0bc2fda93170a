import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sampleApp, sampleRoute } from "./samples.suite.ts";
import { type OpenEmpty, refusal } from "./test-store.suite.ts";

export function lifetimeSuite(open: OpenEmpty): void {
  describe("at the same time", () => {
    test("updates of one app all count", async (t) => {
      const { apps } = await open(t);
      await apps.insert(sampleApp("demo", { updatedAtMs: 0 }));
      const updates = Array.from({ length: 20 }, () =>
        apps.update({ name: "demo" }, (old) => ({ ...old, updatedAtMs: old.updatedAtMs + 1 })),
      );
      await Promise.all(updates);
      assert.equal((await apps.get({ name: "demo" }))?.updatedAtMs, 20);
    });

    test("of several that store one path one wins, and the others are refused", async (t) => {
      const { routes } = await open(t);
      const inserts = ["a", "b", "c"].map((id) => {
        const app = sampleApp("demo", { id });
        return routes.insert(app, sampleRoute(app, "/hello"));
      });
      const outcomes = await Promise.allSettled(inserts);
      const refused = outcomes.filter((outcome) => outcome.status === "rejected");
      assert.deepEqual(
        refused.map(({ reason }) => reason.code),
        ["route_exists", "route_exists"],
      );
      assert.equal((await routes.list("demo", { limit: 3 })).length, 1);
    });
  });

  describe("closing", () => {
    test("finishes what has begun", async (t) => {
      const store = await open(t);
      await store.apps.insert(sampleApp("demo"));
      const updated = store.apps.update({ name: "demo" }, (old) => ({ ...old, updatedAtMs: 7 }));
      const found = store.apps.get({ name: "demo" });
      await store.close();
      assert.equal((await updated).updatedAtMs, 7);
      assert.equal((await found)?.name, "demo");
    });

    test("may be done twice, and at the same time", async (t) => {
      const store = await open(t);
      await Promise.all([store.close(), store.close()]);
      await store.close();
    });

    test("leaves a store that refuses everything", async (t) => {
      const store = await open(t);
      await store.close();
      await assert.rejects(store.apps.get({ name: "demo" }), refusal("store_unavailable"));
      await assert.rejects(store.changeCount(), refusal("store_unavailable"));
    });
  });
}
