import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../../clock/fake-clock.ts";
import { LOCK_WAIT_MAX_MS, waitForLock } from "./lock-wait.ts";

const locked = Object.assign(new Error("database is locked"), { errcode: 5 });

/** Fails with `error` as often as told, then gives "done". */
function attempts(failures: number, error: Error) {
  const state = { count: 0 };
  const attempt = async () => {
    state.count++;
    if (state.count <= failures) throw error;
    return "done";
  };
  return { state, attempt };
}

describe("waiting for the lock", () => {
  test("does not wait when it is free", async () => {
    const clock = new FakeClock();
    assert.equal(await waitForLock(clock, attempts(0, locked).attempt), "done");
    assert.equal(clock.pending, 0);
  });

  test("tries again until it is free", async () => {
    const clock = new FakeClock();
    const { state, attempt } = attempts(10, locked);
    const result = waitForLock(clock, attempt);
    await clock.advance(LOCK_WAIT_MAX_MS);
    assert.equal(await result, "done");
    assert.equal(state.count, 11);
  });

  test("gives up in the end, with the error of the last attempt, and leaves no timer", async () => {
    const clock = new FakeClock();
    const result = assert.rejects(
      waitForLock(clock, attempts(Number.POSITIVE_INFINITY, locked).attempt),
      locked,
    );
    await clock.advance(LOCK_WAIT_MAX_MS - 1);
    assert.equal(clock.pending, 1);
    await clock.advance(100);
    await result;
    assert.equal(clock.pending, 0);
  });

  test("passes on any other error at once", async () => {
    const other = Object.assign(new Error("disk full"), { errcode: 13 });
    const { state, attempt } = attempts(1, other);
    await assert.rejects(waitForLock(new FakeClock(), attempt), other);
    assert.equal(state.count, 1);
  });
});
