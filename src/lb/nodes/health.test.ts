import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { afterCheck, type Health, moved, type NodeState, type Thresholds, UNKNOWN } from "./health.ts";

const THRESHOLDS: Thresholds = { healthy: 2, unhealthy: 3 };

describe("the health of a node", () => {
  const histories: readonly (readonly [results: string, state: NodeState])[] = [
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
