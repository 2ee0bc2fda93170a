import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { App } from "../model/app.ts";
import { FN_DEFAULTS, type Fn } from "../model/fn.ts";
import type { Trigger } from "../model/trigger.ts";
import type { RouteInApp } from "../store/store.ts";
import { launchSpecOf } from "./launch-spec.ts";

const times = { createdAtMs: 1, updatedAtMs: 1 };

function routeWith(
  change: {
    readonly app?: Partial<App>;
    readonly fn?: Partial<Fn>;
    readonly trigger?: Partial<Trigger>;
  } = {},
): RouteInApp {
  return {
    app: { id: "A", name: "shop", config: {}, ...times, ...change.app },
    fn: { ...FN_DEFAULTS, id: "F", appId: "A", name: "/cart", image: "img:1", ...times, ...change.fn },
    trigger: {
      id: "T",
      appId: "A",
      fnId: "F",
      name: "/cart",
      type: "http",
      source: "/cart",
      headers: {},
      ...times,
      ...change.trigger,
    },
  };
}

describe("the environment of a container", () => {
  test("holds the app's config, over it the function's, over it what the platform sets", () => {
    const { env } = launchSpecOf(
      routeWith({
        app: { config: { A: "app", B: "app", FN_PATH: "mine" } },
        fn: { config: { B: "fn", FN_MEMORY: "1" }, cpusMilli: 250 },
      }),
    );
    assert.deepEqual(env, {
      A: "app",
      B: "fn",
      FN_APP_ID: "A",
      FN_APP_NAME: "shop",
      FN_FN_ID: "F",
      FN_FN_NAME: "/cart",
      FN_PATH: "/cart",
      FN_FORMAT: "default",
      FN_TYPE: "sync",
      FN_MEMORY: "128",
      FN_CPUS: "250m",
    });
  });

  test("has no FN_CPUS while cpus are unlimited", () => {
    assert.equal("FN_CPUS" in launchSpecOf(routeWith()).env, false);
  });
});

describe("which containers can stand in for each other", () => {
  const EDITS: readonly (readonly [what: string, change: Parameters<typeof routeWith>[0]])[] = [
    ["the image", { fn: { image: "img:2" } }],
    ["the format", { fn: { format: "json" } }],
    ["the type", { fn: { type: "async" } }],
    ["the memory", { fn: { memoryMib: 256 } }],
    ["the cpus", { fn: { cpusMilli: 100 } }],
    ["the timeout", { fn: { timeoutS: 31 } }],
    ["the idle timeout", { fn: { idleTimeoutS: 31 } }],
    ["the function's config", { fn: { config: { A: "1" } } }],
    ["the app's config", { app: { config: { A: "1" } } }],
    ["the function itself", { fn: { id: "F2" } }],
  ];
  for (const [what, change] of EDITS) {
    test(`another key when ${what} changes`, () => {
      assert.notEqual(launchSpecOf(routeWith(change)).key, launchSpecOf(routeWith()).key);
    });
  }

  test("the same key when only response headers or times change", () => {
    const edited = routeWith({ trigger: { headers: { "X-A": ["1"] } }, fn: { updatedAtMs: 2 } });
    assert.equal(launchSpecOf(edited).key, launchSpecOf(routeWith()).key);
  });

  test("the same key whatever the order of the config", () => {
    const [one, other] = [
      { A: "1", B: "2" },
      { B: "2", A: "1" },
    ].map((config) => routeWith({ fn: { config } }));
    assert.equal(one && launchSpecOf(one).key, other && launchSpecOf(other).key);
  });

  test("a spec is made once for a route", () => {
    const route = routeWith();
    assert.equal(launchSpecOf(route), launchSpecOf(route));
  });
});
