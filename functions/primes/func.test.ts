import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type FunctionProcess, startFunction } from "../function-process.suite.ts";

describe("the function primes, in a process of its own", () => {
  let primes: FunctionProcess;
  before(async () => {
    primes = await startFunction(import.meta.dirname, "node-1");
  });
  after(() => primes.stop());

  test("answers with the numbers used, the host name and how long it took", async () => {
    const answer = await primes.call("http://localhost/r/primesapp/primes?max=1000&loops=2", "");
    const { durationSeconds, ...rest } = JSON.parse(answer.body);
    assert.equal(answer.status, 200);
    assert.deepEqual(rest, { hostname: "node-1", max: 1000, loops: 2 });
    assert.ok(durationSeconds >= 0 && durationSeconds < 1);
  });

  test("refuses a number that is none with 400 and a sentence", async () => {
    const answer = await primes.call("http://localhost/r/primesapp/primes?max=abc", "");
    assert.equal(answer.status, 400);
    assert.deepEqual(JSON.parse(answer.body), {
      error: { message: "max must be a whole number from 1 to 10000000" },
    });
  });
});
