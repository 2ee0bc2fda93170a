import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deathsInRow, restartDelayMs } from "./restart-delay.ts";

describe("the place of a worker that died", () => {
  test("is not left empty after the first death", () => {
    assert.equal(restartDelayMs(1), 0);
  });

  test("is left empty twice as long after each further death in a row, up to ten seconds", () => {
    assert.deepEqual([2, 3, 4, 8, 9, 100].map(restartDelayMs), [100, 200, 400, 6400, 10_000, 10_000]);
  });

  test("begins a new row of deaths when the worker lived for a minute", () => {
    assert.equal(deathsInRow(5, 59_999), 6);
    assert.equal(deathsInRow(5, 60_000), 1);
  });
});
