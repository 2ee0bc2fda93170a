import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pino } from "pino";
import { FakeClock, settle } from "../clock/fake-clock.ts";
import type { CallRecord } from "../model/call.ts";
import { FnError } from "../model/errors.ts";
import type { CallStore } from "../store/store.ts";
import { recordingStore } from "./called.suite.ts";
import { Recorder } from "./recorder.ts";

function recordOf(id: number, log = ""): CallRecord {
  return {
    call: {
      id: String(id),
      appId: "app",
      appName: "app",
      fnId: "fn",
      path: "/",
      status: "success",
      error: undefined,
      createdAtMs: 0,
      startedAtMs: 0,
      completedAtMs: 0,
      timeline: {},
    },
    log,
  };
}

function setUp() {
  const clock = new FakeClock();
  const batches: string[][] = [];
  const state = { isDown: false, gate: Promise.resolve() };
  const calls: CallStore = {
    ...recordingStore([]),
    async insert(records) {
      await state.gate;
      if (state.isDown) throw new FnError("store_unavailable");
      batches.push(records.map(({ call }) => call.id));
    },
  };
  const recorder = new Recorder({ calls, clock, log: pino({ level: "silent" }) });
  return { clock, batches, state, recorder };
}

describe("the recorder", () => {
  test("stores what was recorded within 50 ms in one batch", async () => {
    const { clock, batches, recorder } = setUp();
    for (const id of [1, 2, 3]) recorder.record(recordOf(id));
    await clock.advance(49);
    assert.deepEqual(batches, []);
    await clock.advance(1);
    assert.deepEqual(batches, [["1", "2", "3"]]);
  });

  test("1000 records do not wait for others", async () => {
    const { batches, recorder } = setUp();
    for (let id = 0; id < 1000; id++) recorder.record(recordOf(id));
    await settle();
    assert.deepEqual(
      batches.map((batch) => batch.length),
      [1000],
    );
  });

  test("a flush is over when all that was recorded before is stored", async () => {
    const { batches, recorder } = setUp();
    for (let id = 0; id < 2400; id++) recorder.record(recordOf(id));
    await recorder.flush();
    assert.deepEqual(
      batches.map((batch) => batch.length),
      [1000, 1000, 400],
    );
  });

  test("while the store is down nothing is lost, and it is tried once a second", async () => {
    const { clock, batches, state, recorder } = setUp();
    state.isDown = true;
    recorder.record(recordOf(1));
    await clock.advance(50);
    recorder.record(recordOf(2));
    await clock.advance(500);
    state.isDown = false;
    assert.deepEqual(batches, []);
    await clock.advance(500);
    assert.deepEqual(batches, [["1", "2"]]);
  });

  test("a flush does not wait for a store that is down", async () => {
    const { state, recorder } = setUp();
    state.isDown = true;
    recorder.record(recordOf(1));
    await recorder.flush();
  });

  test("beyond 100,000 waiting records the new ones are dropped and counted", async () => {
    const { batches, state, recorder } = setUp();
    state.isDown = true;
    for (let id = 0; id < 100_003; id++) recorder.record(recordOf(id));
    assert.equal(recorder.dropped, 3);
    state.isDown = false;
    await recorder.flush();
    await recorder.flush();
    assert.equal(batches.flat().length, 100_000);
  });

  test("logs that wait are bounded too, in characters", () => {
    const { recorder } = setUp();
    const mib = "x".repeat(1024 * 1024);
    for (let id = 0; id < 65; id++) recorder.record(recordOf(id, mib));
    assert.equal(recorder.dropped, 1);
  });

  test("a batch has 4 MiB of logs at most, or one record", async () => {
    const { batches, recorder } = setUp();
    for (const [id, mib] of [1, 2, 3, 5, 1, 1].entries()) {
      recorder.record(recordOf(id, "x".repeat(mib * 1024 * 1024)));
    }
    await recorder.flush();
    assert.deepEqual(batches, [["0", "1"], ["2"], ["3"], ["4", "5"]]);
  });

  test("stop stores what is left and leaves no timer", async () => {
    const { clock, batches, recorder } = setUp();
    recorder.record(recordOf(1));
    await recorder.stop();
    assert.deepEqual(batches, [["1"]]);
    assert.equal(clock.pending, 0);
  });

  test("stop with a store that is down ends, and counts what is lost", async () => {
    const { clock, state, recorder } = setUp();
    state.isDown = true;
    recorder.record(recordOf(1));
    await recorder.stop();
    assert.equal(recorder.dropped, 1);
    assert.equal(clock.pending, 0);
  });
});
