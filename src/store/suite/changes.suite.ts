import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Store } from "../store.ts";
import {
  sampleApp,
  sampleFn,
  sampleRecord,
  sampleRoute,
  sampleToken,
  sampleTrigger,
} from "./samples.suite.ts";
import { type OpenEmpty, refusal } from "./test-store.suite.ts";

const app = sampleApp("demo");
const route = sampleRoute(app, "/hello");
const token = sampleToken("token");
const fresh = sampleApp("fresh");

/** Done to a store that holds `app` with `route`, and `token`. */
const CHANGES: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  "storing an app": (store) => store.apps.insert(fresh),
  "updating an app": (store) => store.apps.update({ name: "demo" }, (old) => ({ ...old, updatedAtMs: 9 })),
  "removing an app": (store) => store.apps.remove({ name: "demo" }),
  "storing a route": (store) => store.routes.insert(app, sampleRoute(app, "/new")),
  "storing a route with its app": (store) => store.routes.insert(fresh, sampleRoute(fresh, "/new")),
  "updating a route": (store) =>
    store.routes.update("demo", "/hello", ({ fn, trigger }) => ({ fn, trigger })),
  "storing a fn": (store) => store.fns.insert(sampleFn(app, "new")),
  "updating a fn": (store) => store.fns.update(route.fn.id, (old) => ({ ...old })),
  "removing a fn": (store) => store.fns.remove(route.fn.id),
  "storing a trigger": (store) => store.triggers.insert(sampleTrigger(route.fn, "/new")),
  "updating a trigger": (store) => store.triggers.update(route.trigger.id, (old) => ({ ...old })),
  "removing a trigger": (store) => store.triggers.remove(route.trigger.id),
  "storing a token": (store) => store.tokens.insert(sampleToken("new")),
  "removing a token": (store) => store.tokens.remove(token.id),
  "removing a route": (store) => store.routes.remove("demo", "/hello"),
};

const NO_CHANGES: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  "storing calls": (store) => store.calls.insert([sampleRecord("call-1")]),
  reading: async ({ apps, fns, triggers, routes, calls, tokens }) => [
    await fns.get(route.fn.id),
    await triggers.get(route.trigger.id),
    await tokens.find(token.hash),
    await apps.get({ name: "demo" }),
    await apps.list({ limit: 1 }),
    await routes.get("demo", "/hello"),
    await routes.list("demo", { limit: 1 }),
    await calls.list("demo", { limit: 1 }),
  ],
  "an update of an app that changes nothing": (store) => store.apps.update({ name: "demo" }, (old) => old),
  "an update of a route that changes nothing": (store) => store.routes.update("demo", "/hello", (old) => old),
  "an update of a fn that changes nothing": (store) => store.fns.update(route.fn.id, (old) => old),
  "an update of a trigger that changes nothing": (store) =>
    store.triggers.update(route.trigger.id, (old) => old),
  "a refused app": (store) => assert.rejects(store.apps.insert(app), refusal("app_exists")),
  "a refused route": (store) => assert.rejects(store.routes.insert(app, route), refusal("route_exists")),
  "a refused update": (store) =>
    assert.rejects(
      store.apps.update({ name: "none" }, (old) => old),
      refusal("app_not_found"),
    ),
};

export function changesSuite(open: OpenEmpty): void {
  describe("the count of changes", () => {
    for (const [name, change] of Object.entries(CHANGES)) {
      test(`grows by ${name}`, async (t) => {
        const { before, after } = await countAround(await open(t), change);
        assert.ok(after > before);
      });
    }

    for (const [name, action] of Object.entries(NO_CHANGES)) {
      test(`stays after ${name}`, async (t) => {
        const { before, after } = await countAround(await open(t), action);
        assert.equal(after, before);
      });
    }
  });
}

async function countAround(
  store: Store,
  action: (store: Store) => Promise<unknown>,
): Promise<{ before: number; after: number }> {
  await store.routes.insert(app, route);
  await store.tokens.insert(token);
  const before = await store.changeCount();
  await action(store);
  return { before, after: await store.changeCount() };
}
