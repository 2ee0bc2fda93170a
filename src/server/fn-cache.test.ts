import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock, settle } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import type { FnInApp, Store } from "../store/store.ts";
import { FnCache } from "./fn-cache.ts";

/** A store with one route, whose version is its function's image; counts what it is asked. */
function setUp() {
  const state = {
    image: "v1",
    changes: 1,
    reads: 0,
    checks: 0,
    isDown: false,
    gate: Promise.resolve(),
    checkGate: Promise.resolve(),
  };
  const store = {
    async changeCount() {
      state.checks++;
      await state.checkGate;
      if (state.isDown) throw new Error("down");
      return state.changes;
    },
    apps: { get: async (name: string) => (name === "app" ? {} : undefined) },
    fns: {
      async get(id: string): Promise<FnInApp | undefined> {
        state.reads++;
        return id === "F" ? ({ fn: { image: state.image } } as FnInApp) : undefined;
      },
    },
    routes: {
      async get(appName: string, path: string): Promise<FnInApp | undefined> {
        state.reads++;
        const { image } = state;
        await state.gate;
        // Only the image is looked at here.
        return appName === "app" && path === "/x" ? ({ fn: { image } } as FnInApp) : undefined;
      },
    },
  };
  const clock = new FakeClock();
  // The cache uses no more of a store than this.
  const cache = new FnCache(store as unknown as Store, clock);
  const image = async () => (await cache.get({ appName: "app", source: "/x" }, "/r/app/x"))?.fn.image;
  return { state, clock, cache, image };
}

describe("the cache of functions", () => {
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
    assert.equal(await cache.get({ appName: "app", source: "/y" }, "/r/app/y"), undefined);
    assert.equal(await cache.get({ appName: "app", source: "/y" }, "/r/app/y"), undefined);
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

  test("a function by its id and by a trigger are two entries", async () => {
    const { state, cache, image } = setUp();
    await image();
    assert.equal((await cache.get({ fnId: "F" }, "/invoke/F"))?.fn.image, "v1");
    assert.equal((await cache.get({ fnId: "F" }, "/invoke/%46"))?.fn.image, "v1");
    assert.equal(await cache.get({ fnId: "G" }, "/invoke/G"), undefined);
    assert.equal(state.reads, 3);
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

describe("while the store is away", () => {
  const never = new Promise<void>(() => {});

  /** A cache that knows the function, and has just missed the store. */
  async function setUpAway(trouble: "down" | "silent") {
    const rig = setUp();
    await rig.image();
    if (trouble === "down") rig.state.isDown = true;
    else Object.assign(rig.state, { gate: never, checkGate: never });
    await rig.clock.advance(51);
    const known = rig.image();
    await rig.clock.advance(250);
    assert.equal(await known, "v1");
    return rig;
  }

  for (const trouble of ["down", "silent"] as const) {
    test(`and ${trouble}, what is known is served without a wait, by the path that a client wrote, too`, async () => {
      const { clock, cache, image } = await setUpAway(trouble);
      await clock.advance(60_000);
      assert.equal(cache.peek("/r/app/x")?.fn.image, "v1");
      assert.equal(await image(), "v1");
      const key = { appName: "app", source: "/x" };
      assert.equal((await cache.get(key, "/r/app//x"))?.fn.image, "v1");
    });
  }

  test("it is asked again at most every 50 ms", async () => {
    const { state, clock, cache } = await setUpAway("down");
    await clock.advance(51);
    const { checks } = state;
    for (let i = 0; i < 10; i++) cache.peek("/r/app/x");
    await settle();
    for (let i = 0; i < 10; i++) cache.peek("/r/app/x");
    assert.equal(state.checks, checks + 1);
  });

  test("and back again, what was changed meanwhile is served", async () => {
    const { state, clock, cache, image } = await setUpAway("down");
    Object.assign(state, { isDown: false, image: "v2", changes: 2 });
    await clock.advance(51);
    cache.peek("/r/app/x");
    await settle();
    assert.equal(cache.peek("/r/app/x"), undefined);
    assert.equal(await image(), "v2");
  });

  test("what is not known is a store_unavailable within five seconds", async () => {
    const { clock, cache } = await setUpAway("silent");
    const isUnavailable = (error: unknown) => error instanceof FnError && error.code === "store_unavailable";
    const refused = assert.rejects(cache.get({ appName: "app", source: "/y" }, "/r/app/y"), isUnavailable);
    await clock.advance(5000);
    await refused;
  });
});
