import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock, settle } from "../clock/fake-clock.ts";
import type { RouteInApp, Store } from "../store/store.ts";
import { RouteCache } from "./route-cache.ts";

/** A store with one route, whose version is its function's image; counts what it is asked. */
function setUp() {
  const state = { image: "v1", changes: 1, reads: 0, isDown: false, gate: Promise.resolve() };
  const store = {
    async changeCount() {
      if (state.isDown) throw new Error("down");
      return state.changes;
    },
    apps: { get: async (name: string) => (name === "app" ? {} : undefined) },
    routes: {
      async get(appName: string, path: string): Promise<RouteInApp | undefined> {
        state.reads++;
        const { image } = state;
        await state.gate;
        // Only the image is looked at here.
        return appName === "app" && path === "/x" ? ({ fn: { image } } as RouteInApp) : undefined;
      },
    },
  };
  const clock = new FakeClock();
  // The cache uses no more of a store than this.
  const cache = new RouteCache(store as unknown as Store, clock);
  const image = async () => (await cache.get("app", "/x", "/r/app/x"))?.fn.image;
  return { state, clock, cache, image };
}

describe("the route cache", () => {
  test("asks the store once for a route", async () => {
    const { state, image } = setUp();
    assert.equal(await image(), "v1");
    assert.equal(await image(), "v1");
    assert.equal(state.reads, 1);
  });

  test("many callers of a route that is not there yet share one query", async () => {
    const { state, image } = setUp();
    assert.deepEqual(await Promise.all([image(), image(), image()]), ["v1", "v1", "v1"]);
    assert.equal(state.reads, 1);
  });

  test("a route that does not exist is looked up each time", async () => {
    const { state, cache } = setUp();
    assert.equal(await cache.get("app", "/y", "/r/app/y"), undefined);
    assert.equal(await cache.get("app", "/y", "/r/app/y"), undefined);
    assert.equal(state.reads, 2);
  });

  test("what another process changed is served after 50 ms", async () => {
    const { state, clock, image } = setUp();
    await image();
    Object.assign(state, { image: "v2", changes: 2 });
    await clock.advance(50);
    assert.equal(await image(), "v1");
    await clock.advance(1);
    assert.equal(await image(), "v2");
  });

  test("what this process changed is served at once", async () => {
    const { state, cache, image } = setUp();
    await image();
    Object.assign(state, { image: "v2", changes: 2 });
    cache.clear();
    assert.equal(await image(), "v2");
  });

  test("an answer read before a change is not kept after it", async () => {
    const { state, cache, image } = setUp();
    const gate = Promise.withResolvers<void>();
    state.gate = gate.promise;
    const before = image();
    await settle();
    state.image = "v2";
    cache.clear();
    gate.resolve();
    assert.equal(await before, "v1");
    assert.equal(await image(), "v2");
  });

  test("while the store cannot be reached, what is known goes on being served", async () => {
    const { state, clock, image } = setUp();
    await image();
    state.isDown = true;
    await clock.advance(60_000);
    assert.equal(await image(), "v1");
  });

  test("a query that failed is not remembered", async () => {
    const { state, image } = setUp();
    state.gate = Promise.reject(new Error("down"));
    await assert.rejects(image());
    state.gate = Promise.resolve();
    assert.equal(await image(), "v1");
  });

  test("knows a route by the path that a client wrote, as long as nothing has changed", async () => {
    const { state, clock, cache, image } = setUp();
    const known = () => cache.peek("/r/app/x")?.fn.image;
    assert.equal(known(), undefined);
    await image();
    assert.equal(known(), "v1");
    assert.equal(cache.peek("/r/app//x"), undefined);
    await clock.advance(51);
    assert.equal(known(), undefined);
    await image();
    assert.equal(known(), "v1");
    Object.assign(state, { image: "v2" });
    cache.clear();
    assert.equal(known(), undefined);
  });
});
