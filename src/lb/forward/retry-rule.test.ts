import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BUDGET_PERIOD_MS, mayRetry, RetryBudget } from "./retry-budget.ts";
import { ATTEMPTS_MAX, type FailedAttempt, nextAttempt, SENDS_MAX } from "./retry-rule.ts";

const FIRST: FailedAttempt = {
  outcome: "broken",
  attempts: 1,
  sends: 1,
  isRepeatable: true,
  isBodyAtHand: true,
  wasReused: false,
  wasRenewed: false,
  isNodeSilent: false,
};

describe("after an attempt that failed", () => {
  const cases: readonly (readonly [rule: string, more: Partial<FailedAttempt>, next: string])[] = [
    [
      "what nobody has seen goes to the next node",
      { outcome: "unreachable", isRepeatable: false },
      "next-node",
    ],
    ["what may have run and may run again goes to the next node", {}, "next-node"],
    ["what may have run and may not run again goes nowhere", { isRepeatable: false }, "none"],
    ["what is not at hand any more goes nowhere", { isBodyAtHand: false }, "none"],
    ["a reused connection is first replaced", { wasReused: true }, "same-node"],
    ["a replaced connection is not replaced again", { wasReused: true, wasRenewed: true }, "next-node"],
    ["what was late at a node that answers others stays so", { outcome: "late" }, "none"],
    [
      "what was late at a node that hangs goes to the next",
      { outcome: "late", isNodeSilent: true },
      "next-node",
    ],
    [
      "what was late and may not run again goes nowhere",
      { outcome: "late", isNodeSilent: true, isRepeatable: false },
      "none",
    ],
    ["it was sent often enough", { sends: SENDS_MAX }, "none"],
    ["there were attempts enough", { outcome: "unreachable", attempts: ATTEMPTS_MAX }, "none"],
  ];
  for (const [rule, more, next] of cases) {
    test(rule, () => assert.equal(nextAttempt({ ...FIRST, ...more }), next));
  }
});

describe("the budget for sending again", () => {
  test("is a hundred, and a fifth of the requests", () => {
    assert.deepEqual([mayRetry(0, 99), mayRetry(0, 100)], [true, false]);
    assert.deepEqual([mayRetry(1000, 299), mayRetry(1000, 300)], [true, false]);
  });

  const spend = (budget: RetryBudget, nowMs: number) => {
    let count = 0;
    while (budget.take(nowMs * 1e6)) count++;
    return count;
  };

  test("is spent once", () => {
    const budget = new RetryBudget();
    for (let i = 0; i < 50; i++) budget.noteRequest(0);
    assert.deepEqual([spend(budget, 1), spend(budget, 2)], [110, 0]);
  });

  test("counts the requests of the period before, and none of earlier ones", () => {
    const budget = new RetryBudget();
    for (let i = 0; i < 500; i++) budget.noteRequest(0);
    budget.noteRequest(BUDGET_PERIOD_MS * 1e6);
    assert.equal(spend(budget, BUDGET_PERIOD_MS + 1), 201);
    assert.equal(spend(budget, 4 * BUDGET_PERIOD_MS), 100);
  });
});
