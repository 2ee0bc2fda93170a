import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sleep, within } from "./clock.ts";
import { FakeClock } from "./fake-clock.ts";

describe("waiting", () => {
  test("a sleep is over when its time has passed, not before", async () => {
    const clock = new FakeClock();
    let isOver = false;
    void sleep(clock, 10).then(() => {
      isOver = true;
    });
    await clock.advance(9);
    assert.equal(isOver, false);
    await clock.advance(1);
    assert.equal(isOver, true);
  });

  test("an aborted sleep rejects with the reason and leaves no timer", async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const slept = sleep(clock, 10, abort.signal);
    abort.abort("enough");
    await assert.rejects(slept, (reason) => reason === "enough");
    assert.equal(clock.pending, 0);
  });

  test("a promise that comes in time gives its value and leaves no timer", async () => {
    const clock = new FakeClock();
    assert.equal(await within(clock, 10, Promise.resolve(7)), 7);
    assert.equal(clock.pending, 0);
  });

  test("a promise that does not come in time gives nothing", async () => {
    const clock = new FakeClock();
    const late = within(clock, 10, new Promise(() => {}));
    await clock.advance(10);
    assert.equal(await late, undefined);
  });
});

describe("the fake clock", () => {
  test("alarms go off in order of time, then of creation, and may set others", async () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    clock.after(5, () => seen.push("b"));
    clock.after(5, () => seen.push("c"));
    clock.after(1, () => {
      seen.push("a");
      clock.after(4, () => seen.push("d"));
    });
    await clock.advance(5);
    assert.deepEqual(seen, ["a", "b", "c", "d"]);
  });
});
