import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { settle } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import { Budget, type Release } from "./budget.ts";

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

  test("a released amount goes to the first in line, also when a later one would fit sooner", async () => {
    const budget = new Budget(10);
    const release = await budget.acquire(8, never);
    const order: string[] = [];
    void budget.acquire(9, never).then(() => order.push("large"));
    void budget.acquire(1, never).then(() => order.push("small"));
    await settle();
    assert.deepEqual(order, []);
    release();
    await settle();
    assert.deepEqual(order, ["large", "small"]);
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

  test("never gives more than it has, serves in order, and in the end everything is free", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("acquire" as const), amount: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ kind: fc.constant("release" as const), index: fc.nat() }),
      fc.record({ kind: fc.constant("leave" as const), index: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const budget = new Budget(10);
        const held: { amount: number; release: Release }[] = [];
        const line: { id: number; leave: AbortController }[] = [];
        const served: number[] = [];
        for (const [id, step] of steps.entries()) {
          if (step.kind === "acquire" && step.amount <= 10) {
            const leave = new AbortController();
            const request = { id, leave };
            line.push(request);
            budget.acquire(step.amount, leave.signal).then(
              (release) => {
                line.splice(line.indexOf(request), 1);
                served.push(id);
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
        assert.deepEqual(
          served,
          [...served].sort((a, b) => a - b),
        );
        for (const { leave } of [...line]) leave.abort();
        await settle();
        for (const { release } of held) release();
        assert.equal(budget.used, 0);
      }),
      { numRuns: 60 },
    );
  });
});
