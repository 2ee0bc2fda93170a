import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  afterCheck,
  afterRequest,
  type Health,
  type HealthState,
  moved,
  type RequestResult,
  type Thresholds,
  UNKNOWN,
} from "./health.ts";

const THRESHOLDS: Thresholds = { healthy: 2, unhealthy: 3 };

describe("the health of a node", () => {
  const histories: readonly (readonly [results: string, state: HealthState])[] = [
    ["", "unknown"],
    ["+", "healthy"],
    ["-", "unhealthy"],
    ["+--", "healthy"],
    ["+---", "unhealthy"],
    ["+--+--", "healthy"],
    ["-+", "unhealthy"],
    ["-++", "healthy"],
    ["-+-+", "unhealthy"],
    ["+----+", "unhealthy"],
    ["+----++", "healthy"],
  ];
  for (const [results, state] of histories) {
    test(`after ${results === "" ? "no result" : results} is ${state} (2 successes, 3 failures needed)`, () => {
      assert.equal(after(results).state, state);
    });
  }

  test("does not change by a result that began before the newest one that counted", () => {
    const health = afterCheck(UNKNOWN, { passed: false, beganNs: 20 }, THRESHOLDS);
    assert.equal(afterCheck(health, { passed: true, beganNs: 19 }, THRESHOLDS), health);
  });

  test("agrees with a plain count of the results in a row", () => {
    const result = fc.constantFrom("+", "-");
    fc.assert(
      fc.property(fc.array(result, { minLength: 1, maxLength: 40 }), (results) => {
        let [state, row] = [results[0], 0];
        for (const next of results.slice(1)) {
          row = next === state ? 0 : row + 1;
          if (row >= (next === "+" ? 2 : 3)) [state, row] = [next, 0];
        }
        assert.equal(after(results.join("")).state, state === "+" ? "healthy" : "unhealthy");
      }),
    );
  });
});

describe("the health of a node that gets requests", () => {
  const healthy = afterCheck(UNKNOWN, { passed: true, beganNs: 100 }, THRESHOLDS);
  const kinds = { "+": "ok", x: "unreachable", b: "broken", l: "late" } as const;

  function afterRequests(
    results: string,
    { isLast = false, beganNs = 200, from = healthy } = {},
  ): HealthState {
    let health: Health = from;
    for (const result of results) {
      const kind = kinds[result as keyof typeof kinds]; // Each table below is written in these letters.
      health = afterRequest(health, { kind, beganNs }, isLast);
    }
    return health.state;
  }

  test("ends at once when no connection can be made", () => {
    assert.equal(afterRequests("x"), "unhealthy");
  });

  for (const results of ["bbb", "lll", "blb", "bb+bbb"]) {
    test(`ends after three requests in a row without an answer: ${results}`, () => {
      assert.equal(afterRequests(results), "unhealthy");
    });
  }

  for (const results of ["", "+", "bb", "bb+bb", "ll+b+ll"]) {
    test(`stays while an answer comes in between: ${results || "no request"}`, () => {
      assert.equal(afterRequests(results), "healthy");
    });
  }

  test("stays when requests have no answer and there is no other node: it may be the doing of one function", () => {
    assert.equal(afterRequests("bbbbbb", { isLast: true }), "healthy");
  });

  test("ends when it cannot be reached, also when there is no other node", () => {
    assert.equal(afterRequests("x", { isLast: true }), "unhealthy");
  });

  test("does not change by requests that were sent before it came back", () => {
    assert.equal(afterRequests("bbb", { beganNs: 99 }), "healthy");
  });

  test("does not change by a connection that was tried before a check that passed", () => {
    const checked = afterCheck(healthy, { passed: true, beganNs: 300 }, THRESHOLDS);
    assert.equal(afterRequests("x", { beganNs: 299, from: checked }), "healthy");
  });

  test("comes back by checks only", () => {
    const gone = afterRequest(healthy, { kind: "unreachable", beganNs: 200 }, false);
    assert.equal(afterRequest(gone, { kind: "ok", beganNs: 201 }, false), gone);
    const once = afterCheck(gone, { passed: true, beganNs: 202 }, THRESHOLDS);
    assert.equal(once.state, "unhealthy");
    assert.equal(afterCheck(once, { passed: true, beganNs: 203 }, THRESHOLDS).state, "healthy");
  });

  test("does not come back by a check that began before the request that failed", () => {
    const gone = afterRequest(healthy, { kind: "unreachable", beganNs: 200 }, false);
    const late = { passed: true, beganNs: 199 };
    assert.equal(afterCheck(afterCheck(gone, late, THRESHOLDS), late, THRESHOLDS), gone);
  });

  test("is the same object after an answer that tells nothing new", () => {
    const answer: RequestResult = { kind: "ok", beganNs: 200 };
    assert.equal(afterRequest(healthy, answer, false), healthy);
  });
});

describe("a move between states", () => {
  test("never goes back to unknown", () => {
    assert.throws(() => moved("healthy", "unknown"));
    assert.throws(() => moved("unhealthy", "unknown"));
  });

  test("never stays where it is", () => {
    assert.throws(() => moved("healthy", "healthy"));
  });
});

function after(results: string): Health {
  return [...results].reduce(
    (health, result, beganNs) => afterCheck(health, { passed: result === "+", beganNs }, THRESHOLDS),
    UNKNOWN,
  );
}
