import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../clock/fake-clock.ts";
import { Experience } from "./experience.ts";

/** Runs calls one after another in one container, each as long as `runMs` says. */
async function run(
  clock: FakeClock,
  experience: Experience<object>,
  runMs: readonly number[],
): Promise<void> {
  const container = {};
  for (const ms of runMs) {
    experience.runBegan(container);
    await clock.advance(ms);
    experience.runEnded(container, 1, true);
  }
}

describe("what a pool has learnt", () => {
  test("is nothing at first", () => {
    const { times } = new Experience(new FakeClock());
    assert.deepEqual(times, { runMs: undefined, startMs: undefined, stalledMs: 0 });
  });

  test("follows a change of a slow function within a few calls", async () => {
    const clock = new FakeClock();
    const experience = new Experience<object>(clock);
    await run(clock, experience, [200, ...Array(6).fill(1000)]);
    assert.ok((experience.times.runMs ?? 0) > 850);
  });

  test("is hardly moved by one moment in which a quick one was held up", async () => {
    const clock = new FakeClock();
    const experience = new Experience<object>(clock);
    await run(clock, experience, [...Array(100).fill(1), 30]);
    assert.ok((experience.times.runMs ?? 0) < 5);
  });

  test("tells for how long calls have been running without one of them ending", async () => {
    const clock = new FakeClock();
    const experience = new Experience<object>(clock);
    experience.runBegan({});
    await clock.advance(100);
    assert.equal(experience.times.stalledMs, 100);
    await run(clock, experience, [10]);
    assert.equal(experience.times.stalledMs, 0, "one has ended just now");
    await clock.advance(50);
    assert.equal(experience.times.stalledMs, 50);
  });

  test("knows the age of a line from the first call that waits until a container is idle", async () => {
    const clock = new FakeClock();
    const experience = new Experience<object>(clock);
    experience.lineBegan();
    await clock.advance(30);
    experience.lineBegan();
    assert.equal(experience.lineAgeMs, 30);
    experience.lineEnded();
    assert.equal(experience.lineAgeMs, 0);
  });
});
