import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../../clock/random.ts";
import { type ErrorCode, FnError } from "../../model/errors.ts";
import { always } from "./async-rig.suite.ts";
import { isAbandoned, nextStep, type RunEnd, storeRetryMs } from "./retry-rule.ts";

const HOUR_MS = 3_600_000;
const ALMOST_ONE = always(1 - 2 ** -53);

/** After a run that ended with this error. */
function after(
  code: ErrorCode | undefined,
  end: Partial<RunEnd> = {},
  fn: { retries?: number; retryDelayS?: number } = {},
) {
  const error = code && new FnError(code);
  const run = { error, wasRun: true, attempts: 1, refusals: 0, ...end };
  return nextStep(run, { retries: 0, retryDelayS: 10, ...fn }, ALMOST_ONE);
}

describe("a call that was answered", () => {
  test("has ended, and is not dead", () => {
    assert.deepEqual(after(undefined), { kind: "finish", isDead: false });
  });
});

describe("a call that failed", () => {
  for (const code of ["call_timeout", "function_failed", "container_exited", "internal"] as const) {
    test(`with ${code} is dead when the function has no retries`, () => {
      assert.deepEqual(after(code), { kind: "finish", isDead: true });
    });
  }

  test("goes back as often as the function has retries, and then is dead", () => {
    const kinds = [1, 2, 3].map((attempts) => after("function_failed", { attempts }, { retries: 2 }).kind);
    assert.deepEqual(kinds, ["put back", "put back", "finish"]);
  });

  test("waits for up to the retry delay, doubled with each attempt, and an hour at most", () => {
    const delays = [1, 2, 3, 100].map((attempts) => {
      const next = after("function_failed", { attempts }, { retries: 100, retryDelayS: 10 });
      return next.kind === "put back" ? next.delayMs : undefined;
    });
    assert.deepEqual(delays, [10_000, 20_000, 40_000, HOUR_MS]);
  });

  test("waits for any time below that", () => {
    const end = { error: new FnError("function_failed"), wasRun: true, attempts: 2, refusals: 0 };
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const next = nextStep(end, { retries: 2, retryDelayS: 10 }, seededRandom(seed));
        assert.ok(next.kind === "put back" && next.delayMs >= 0 && next.delayMs <= 20_000);
      }),
    );
  });

  test("before a container had it, by its own doing, failed all the same", () => {
    assert.deepEqual(after("image_not_found", { wasRun: false }), { kind: "finish", isDead: true });
  });

  test("by an error that is safe to repeat, once a container had it, failed all the same", () => {
    assert.deepEqual(after("engine_unreachable"), { kind: "finish", isDead: true });
  });
});

describe("a call that certainly did not run", () => {
  test("goes back though the function has no retries", () => {
    const next = after("server_busy", { wasRun: false });
    assert.deepEqual(next, { kind: "put back", delayMs: 1000, reason: "refused" });
  });

  test("waits twice as long each time, and ten minutes at most", () => {
    const delays = [1, 2, 19].map((refusals) => {
      const next = after("server_busy", { wasRun: false, refusals });
      return next.kind === "put back" ? next.delayMs : undefined;
    });
    assert.deepEqual(delays, [2000, 4000, 600_000]);
  });

  test("waits at least as long as the refusal says", () => {
    const error = new FnError("server_busy", {}, { retryAfterS: 7 });
    const next = after(undefined, { error, wasRun: false });
    assert.deepEqual(next, { kind: "put back", delayMs: 7000, reason: "refused" });
  });

  for (const [code, refusalsMax, time] of [
    ["engine_unreachable", 20, "an hour"],
    ["resources_impossible", 20, "an hour"],
    ["server_busy", 300, "a day"],
  ] as const) {
    test(`because of ${code} is dead after ${refusalsMax} refusals: about ${time}`, () => {
      assert.equal(after(code, { wasRun: false, refusals: refusalsMax - 1 }).kind, "put back");
      const dead = { kind: "finish", isDead: true };
      assert.deepEqual(after(code, { wasRun: false, refusals: refusalsMax }), dead);
    });
  }
});

describe("a call of a node that goes down", () => {
  for (const wasRun of [false, true]) {
    test(`goes back at once, ${wasRun ? "though it ran" : "not run"}`, () => {
      const next = after("server_stopping", { wasRun, attempts: 9, refusals: 500 });
      assert.deepEqual(next, { kind: "put back", delayMs: 0, reason: "stopping" });
    });
  }
});

describe("a call whose function is gone", () => {
  test("has ended for good: there is nothing to run again", () => {
    assert.deepEqual(after("fn_not_found", { wasRun: false }, { retries: 5 }), {
      kind: "finish",
      isDead: false,
    });
  });
});

describe("a call whose runs vanished with their nodes", () => {
  test("is run ten times more than the function's retries allow", () => {
    assert.equal(isAbandoned(11, 0), false);
    assert.equal(isAbandoned(12, 0), true);
    assert.equal(isAbandoned(12, 1), false);
  });
});

describe("a store that cannot be reached", () => {
  test("is asked again after half a second, later after ten, and never at once", () => {
    assert.deepEqual(
      [0, 1, 100].map((failures) => storeRetryMs(failures, ALMOST_ONE)),
      [600, 1100, 10_100],
    );
    assert.equal(storeRetryMs(0, always(0)), 100);
  });
});
