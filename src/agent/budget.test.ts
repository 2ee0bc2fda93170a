import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { settle } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import { Budget, OVERTAKEN_MAX, type Release } from "./budget.ts";

const never = new AbortController().signal;

describe("a budget", () => {
  test("gives what is free at once", async () => {
    const budget = new Budget(10);
    await budget.acquire(6, never);
    await budget.acquire(4, never);
    assert.equal(budget.used, 10);
  });

  test("refuses at once what it never has", async () => {
    await assert.rejects(new Budget(10).acquire(11, never), { code: "resources_impossible" });
  });

  test("a released amount goes to the first in line", async () => {
    const budget = new Budget(10);
    const release = await budget.acquire(10, never);
    const order: string[] = [];
    void budget.acquire(9, never).then(() => order.push("first"));
    void budget.acquire(9, never).then(() => order.push("second"));
    release();
    await settle();
    assert.deepEqual(order, ["first"]);
  });

  test("what fits overtakes what does not, but only so often: then it waits until that was served", async () => {
    const budget = new Budget(10);
    const release = await budget.acquire(8, never);
    const order: string[] = [];
    void budget.acquire(9, never).then(() => order.push("large"));
    for (let i = 0; i < OVERTAKEN_MAX + 2; i++) {
      void budget.acquire(1, never).then((releaseSmall) => {
        order.push("small");
        releaseSmall();
      });
    }
    await settle();
    assert.deepEqual(order, Array(OVERTAKEN_MAX).fill("small"));
    release();
    await settle();
    assert.deepEqual(order.slice(OVERTAKEN_MAX), ["large", "small", "small"]);
  });

  test("whoever leaves the line lets those behind through", async () => {
    const budget = new Budget(10);
    await budget.acquire(5, never);
    const leaving = new AbortController();
    const large = budget.acquire(9, leaving.signal);
    const small = budget.acquire(5, never);
    leaving.abort(new FnError("client_gone"));
    await assert.rejects(large, { code: "client_gone" });
    await small;
    assert.equal(budget.used, 10);
  });

  test("a release works once", async () => {
    const budget = new Budget(10);
    const release = await budget.acquire(4, never);
    await budget.acquire(4, never);
    release();
    release();
    assert.equal(budget.used, 4);
  });

  test("says what is missing for the first in line", async () => {
    let told = 0;
    const budget = new Budget(10, () => told++);
    await budget.acquire(7, never);
    void budget.acquire(5, never);
    assert.equal(budget.shortage, 2);
    assert.equal(told, 1);
  });

  test("never gives more than it has, and in the end everything is free", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("acquire" as const), amount: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ kind: fc.constant("release" as const), index: fc.nat() }),
      fc.record({ kind: fc.constant("leave" as const), index: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const budget = new Budget(10);
        const held: { amount: number; release: Release }[] = [];
        const line: { leave: AbortController }[] = [];
        for (const step of steps) {
          if (step.kind === "acquire" && step.amount <= 10) {
            const leave = new AbortController();
            const request = { leave };
            line.push(request);
            budget.acquire(step.amount, leave.signal).then(
              (release) => {
                line.splice(line.indexOf(request), 1);
                held.push({ amount: step.amount, release });
              },
              () => line.splice(line.indexOf(request), 1),
            );
          } else if (step.kind === "release" && held.length > 0) {
            held.splice(step.index % held.length, 1)[0]?.release();
          } else if (step.kind === "leave" && line.length > 0) {
            line[step.index % line.length]?.leave.abort();
          }
          await settle();
          assert.ok(budget.used <= 10);
          assert.equal(
            budget.used,
            held.reduce((sum, { amount }) => sum + amount, 0),
          );
          assert.equal(budget.waiting, line.length);
        }
        for (const { leave } of [...line]) leave.abort();
        await settle();
        for (const { release } of held) release();
        assert.equal(budget.used, 0);
      }),
      { numRuns: 60 },
    );
  });
});
