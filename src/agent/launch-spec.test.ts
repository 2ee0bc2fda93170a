import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type CalledChange, calledFn } from "./called.suite.ts";
import { launchSpecOf, pathOf } from "./launch-spec.ts";

const specOf = (change?: CalledChange) => launchSpecOf(calledFn("cart", change));

describe("the environment of a container", () => {
  test("holds the app's config, over it the function's, over it what the platform sets", () => {
    const { env } = specOf({
      app: { config: { A: "app", B: "app", FN_PATH: "mine" } },
      fn: { config: { B: "fn", FN_MEMORY: "1" }, cpusMilli: 250 },
    });
    assert.deepEqual(env, {
      A: "app",
      B: "fn",
      FN_APP_ID: "A",
      FN_APP_NAME: "shop",
      FN_FN_ID: "cart",
      FN_FN_NAME: "/cart",
      FN_PATH: "/cart",
      FN_FORMAT: "json",
      FN_TYPE: "sync",
      FN_MEMORY: "128",
      FN_CPUS: "250m",
    });
  });

  test("has no FN_CPUS while cpus are unlimited", () => {
    assert.equal("FN_CPUS" in specOf().env, false);
  });

  test("has the function's name as FN_PATH when that is a path, whatever trigger it is called by", () => {
    assert.equal(specOf({ trigger: { source: "/other" } }).env.FN_PATH, "/cart");
    assert.equal("FN_PATH" in specOf({ fn: { name: "cart" } }).env, false);
  });

  const sealed = "sealed";
  const WINNERS: readonly (readonly [what: string, change: CalledChange, wins: "env" | "secrets"])[] = [
    [
      "a secret of the app over its config",
      { app: { config: { A: "1" }, secrets: { A: sealed } } },
      "secrets",
    ],
    [
      "the function's config over a secret of the app",
      inBoth({ secrets: { A: sealed } }, { config: { A: "1" } }),
      "env",
    ],
    [
      "a secret of the function over its config",
      { fn: { config: { A: "1" }, secrets: { A: sealed } } },
      "secrets",
    ],
    [
      "a secret of the function over the app's config",
      inBoth({ config: { A: "1" } }, { secrets: { A: sealed } }),
      "secrets",
    ],
  ];
  for (const [what, change, wins] of WINNERS) {
    test(`has ${what}`, () => {
      const { env, secrets } = specOf(change);
      assert.deepEqual([env.A, secrets.A], wins === "env" ? ["1", undefined] : [undefined, sealed]);
    });
  }

  test("has a secret of the function over one of the app", () => {
    assert.deepEqual(specOf(inBoth({ secrets: { A: "app" } }, { secrets: { A: "fn" } })).secrets, {
      A: "fn",
    });
  });

  test("has what the platform sets over every secret", () => {
    const change = inBoth({ secrets: { FN_PATH: sealed } }, { secrets: { FN_MEMORY: sealed } });
    const { env, secrets } = specOf(change);
    assert.deepEqual([env.FN_PATH, env.FN_MEMORY, secrets], ["/cart", "128", {}]);
  });
});

describe("which containers can stand in for each other", () => {
  const EDITS: readonly (readonly [what: string, change: CalledChange])[] = [
    ["the image", { fn: { image: "img:2" } }],
    ["the format", { fn: { format: "http" } }],
    ["the type", { fn: { type: "async" } }],
    ["the memory", { fn: { memoryMib: 256 } }],
    ["the cpus", { fn: { cpusMilli: 100 } }],
    ["the timeout", { fn: { timeoutS: 31 } }],
    ["the idle timeout", { fn: { idleTimeoutS: 31 } }],
    ["the function's config", { fn: { config: { A: "1" } } }],
    ["the app's config", { app: { config: { A: "1" } } }],
    ["the function's secrets", { fn: { secrets: { A: "1" } } }],
    ["the app's secrets", { app: { secrets: { A: "1" } } }],
    ["the function itself", { fn: { id: "F2" } }],
  ];
  for (const [what, change] of EDITS) {
    test(`another key when ${what} changes`, () => {
      assert.notEqual(specOf(change).key, specOf().key);
    });
  }

  test("the same key when only response headers, retries or times change", () => {
    const fn = { retries: 3, retryDelayS: 1, updatedAtMs: 2 };
    assert.equal(specOf({ trigger: { headers: { "X-A": ["1"] } }, fn }).key, specOf().key);
  });

  test("the same key by every trigger, and by none", () => {
    const { app, fn } = calledFn("cart");
    assert.equal(specOf({ trigger: { id: "T2", source: "/other" } }).key, specOf().key);
    assert.equal(launchSpecOf({ app, fn }).key, specOf().key);
  });

  test("the same key whatever the order of the config", () => {
    const [one, other] = [
      { A: "1", B: "2" },
      { B: "2", A: "1" },
    ].map((config) => specOf({ fn: { config } }));
    assert.equal(one?.key, other?.key);
  });

  test("a spec is made once for an object", () => {
    const called = calledFn("cart");
    assert.equal(launchSpecOf(called), launchSpecOf(called));
  });
});

describe("a call goes by", () => {
  test("the path it came by", () => {
    assert.equal(pathOf(calledFn("cart", { trigger: { source: "/other" } })), "/other");
  });

  test("the function's name when it came by the function's id", () => {
    const { app, fn } = calledFn("cart", { fn: { name: "basket" } });
    assert.equal(pathOf({ app, fn }), "basket");
  });
});

function inBoth(app: CalledChange["app"], fn: CalledChange["fn"]): CalledChange {
  return { app, fn };
}
