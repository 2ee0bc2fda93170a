import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { settle } from "../clock/fake-clock.ts";
import { FnError } from "../model/errors.ts";
import { Budget, type Release } from "./budget.ts";
import { OVERTAKEN_MAX } from "./overtaking.ts";

const never = new AbortController().signal;

describe("a budget", () => {
  test("gives what is free at once", async () => {
    const budget = new Budget(10);
    await budget.acquire(6, "f", never);
    await budget.acquire(4, "f", never);
    assert.equal(budget.used, 10);
  });

  test("refuses at once what it never has", async () => {
    await assert.rejects(new Budget(10).acquire(11, "f", never), { code: "resources_impossible" });
  });

  test("a released amount goes to the first in line", async () => {
    const budget = new Budget(10);
    const release = await budget.acquire(10, "f", never);
    const order: string[] = [];
    void budget.acquire(9, "f", never).then(() => order.push("first"));
    void budget.acquire(9, "f", never).then(() => order.push("second"));
    release();
    await settle();
    assert.deepEqual(order, ["first"]);
  });

  test("what fits overtakes what does not, but only so often: then it waits until that was served", async () => {
    const budget = new Budget(10);
    const release = await budget.acquire(8, "f", never);
    const order: string[] = [];
    void budget.acquire(9, "f", never).then(() => order.push("large"));
    for (let i = 0; i < OVERTAKEN_MAX + 2; i++) {
      void budget.acquire(1, "f", never).then((releaseSmall) => {
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

  test("one function's many requests do not hold up another's first one", async () => {
    const budget = new Budget(2);
    const release = await budget.acquire(2, "hungry", never);
    const order: string[] = [];
    for (const key of ["hungry", "hungry", "hungry", "other", "other"]) {
      void budget.acquire(1, key, never).then((releaseOne) => {
        order.push(key);
        releaseOne();
      });
    }
    release();
    await settle();
    assert.deepEqual(order, ["hungry", "other", "hungry", "other", "hungry"]);
  });

  test("whoever leaves the line lets those behind through", async () => {
    const budget = new Budget(10);
    await budget.acquire(5, "f", never);
    const leaving = new AbortController();
    const large = budget.acquire(9, "f", leaving.signal);
    const small = budget.acquire(5, "f", never);
    leaving.abort(new FnError("client_gone"));
    await assert.rejects(large, { code: "client_gone" });
    await small;
    assert.equal(budget.used, 10);
  });

  test("a release works once", async () => {
    const budget = new Budget(10);
    const release = await budget.acquire(4, "f", never);
    await budget.acquire(4, "f", never);
    release();
    release();
    assert.equal(budget.used, 4);
  });

  test("says what is missing for the first in line", async () => {
    let told = 0;
    const budget = new Budget(10, () => told++);
    await budget.acquire(7, "f", never);
    void budget.acquire(5, "f", never);
    assert.equal(budget.shortage, 2);
    assert.equal(told, 1);
  });

  test("that has grown serves those who wait", async () => {
    const budget = new Budget(10);
    await budget.acquire(8, "f", never);
    const waiting = budget.acquire(4, "f", never);
    budget.resize(12);
    await waiting;
    assert.equal(budget.used, 12);
  });

  test("that has shrunk below what is used says so, and gives nothing until that has come back", async () => {
    let told = 0;
    const budget = new Budget(10, () => told++);
    const releases = [await budget.acquire(4, "f", never), await budget.acquire(4, "f", never)];
    budget.resize(6);
    assert.equal(told, 1);
    assert.equal(budget.free, -2);
    const waiting = budget.acquire(2, "f", never);
    await settle();
    assert.equal(budget.waiting, 1);
    releases[0]?.();
    await waiting;
    assert.equal(budget.used, 6);
  });

  test("that has shrunk refuses those who wait for more than there is now", async () => {
    const budget = new Budget(10);
    await budget.acquire(5, "f", never);
    const refused = assert.rejects(budget.acquire(8, "f", never), { code: "resources_impossible" });
    const waiting = budget.acquire(6, "f", never);
    budget.resize(6);
    await refused;
    assert.equal(budget.waiting, 1);
    budget.resize(11);
    await waiting;
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
            budget.acquire(step.amount, "f", leave.signal).then(
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
