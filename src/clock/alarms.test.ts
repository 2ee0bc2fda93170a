import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Alarms } from "./alarms.ts";
import { FakeClock } from "./fake-clock.ts";

function rig() {
  const clock = new FakeClock();
  const alarms = new Alarms(clock);
  const fired: string[] = [];
  const set = (name: string, delayMs: number) =>
    alarms.after(delayMs, clock.monotonicNs(), () => fired.push(name));
  return { clock, set, fired };
}

describe("alarms", () => {
  test("go off at their times, whatever the order in which they were set", async () => {
    const { clock, set, fired } = rig();
    set("late", 300);
    set("early", 100);
    set("middle", 200);
    await clock.advance(99);
    assert.deepEqual(fired, []);
    await clock.advance(1);
    assert.deepEqual(fired, ["early"]);
    await clock.advance(200);
    assert.deepEqual(fired, ["early", "middle", "late"]);
    assert.equal(clock.pending, 0);
  });

  test("have one timer between them, and none when the last is forgotten", async () => {
    const { clock, set, fired } = rig();
    const alarms = [set("a", 100), set("b", 200), set("c", 300)];
    assert.equal(clock.pending, 1);
    for (const alarm of alarms) alarm.cancel();
    assert.equal(clock.pending, 0);
    await clock.advance(1000);
    assert.deepEqual(fired, []);
  });

  test("that are forgotten do not keep others from going off", async () => {
    const { clock, set, fired } = rig();
    set("first", 100).cancel();
    set("second", 200);
    const third = set("third", 300);
    await clock.advance(200);
    third.cancel();
    third.cancel();
    await clock.advance(200);
    assert.deepEqual(fired, ["second"]);
  });

  test("may set others, and forget each other, when they go off", async () => {
    const { clock, set, fired } = rig();
    const again = () => void set("again", 50);
    const clockAlarms = new Alarms(clock);
    clockAlarms.after(100, clock.monotonicNs(), again);
    await clock.advance(150);
    assert.deepEqual(fired, ["again"]);
  });
});
