import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../clock/fake-clock.ts";
import { LazyAlarm } from "./lazy-alarm.ts";

describe("a lazy alarm", () => {
  function rig() {
    const clock = new FakeClock();
    const wentOffAtMs: number[] = [];
    const alarm = new LazyAlarm(clock, () => wentOffAtMs.push(clock.monotonicNs() / 1e6));
    return { clock, alarm, wentOffAtMs };
  }

  test("goes off once, when its time has come", async () => {
    const { clock, alarm, wentOffAtMs } = rig();
    alarm.set(10);
    await clock.advance(100);
    assert.deepEqual(wentOffAtMs, [10]);
    assert.equal(clock.pending, 0);
  });

  test("set later, goes off later", async () => {
    const { clock, alarm, wentOffAtMs } = rig();
    alarm.set(10);
    await clock.advance(5);
    alarm.set(10);
    await clock.advance(100);
    assert.deepEqual(wentOffAtMs, [15]);
  });

  test("set earlier, goes off earlier", async () => {
    const { clock, alarm, wentOffAtMs } = rig();
    alarm.set(10);
    alarm.set(3);
    await clock.advance(100);
    assert.deepEqual(wentOffAtMs, [3]);
  });

  test("that was cleared goes off only when it is set again", async () => {
    const { clock, alarm, wentOffAtMs } = rig();
    alarm.set(10);
    alarm.clear();
    await clock.advance(50);
    assert.deepEqual(wentOffAtMs, []);
    alarm.set(10);
    await clock.advance(100);
    assert.deepEqual(wentOffAtMs, [60]);
  });

  test("may be set from its own action", async () => {
    const clock = new FakeClock();
    let times = 0;
    const alarm = new LazyAlarm(clock, () => {
      if (++times < 3) alarm.set(10);
    });
    alarm.set(10);
    await clock.advance(100);
    assert.equal(times, 3);
  });

  test("needs one timer however often it is set, and none when it is closed", () => {
    const { clock, alarm } = rig();
    for (let i = 0; i < 100; i++) alarm.set(10 + i);
    assert.equal(clock.pending, 1);
    alarm.close();
    assert.equal(clock.pending, 0);
  });
});
