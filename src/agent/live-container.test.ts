import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock, settle } from "../clock/fake-clock.ts";
import { createFakeDriver, type FakeProcess } from "../driver/fake/driver.ts";
import type { Session } from "../format/format.ts";
import { CallLog } from "./call-log.ts";
import { LiveContainer } from "./live-container.ts";
import { StderrTap } from "./stderr-tap.ts";

const never = new AbortController().signal;
const logDelayMs = 10;

/** A container whose answers come at once, and whose log comes so much later. */
async function rigOf(delayMs = logDelayMs) {
  const clock = new FakeClock();
  let process: FakeProcess | undefined;
  const onStart = (started: FakeProcess) => {
    process = started;
  };
  const driver = createFakeDriver({ clock, logDelayMs: delayMs, onStart });
  const names = { id: "c1", appId: "app-1", image: "hello", hostname: "n" };
  const limits = { memoryMib: 128, cpusMilli: 0 };
  const container = await driver.create({ ...names, ...limits, env: {}, channel: "stdio" }, never);
  await container.start(never);
  const session: Session = { isReusable: true, exchange: async () => {}, close() {} };
  const tap = new StderrTap([container.stderr], () => {});
  const parts = { container, session, tap, holding: limits, release() {}, launchTimes: {}, clock };
  const live = new LiveContainer(parts);

  /** One call, which logs so many milliseconds after its answer, when it does. */
  async function call(logsAfterMs?: number): Promise<CallLog> {
    const log = new CallLog();
    const input = {
      callId: "1",
      type: "sync",
      method: "GET",
      target: "/",
      host: "h",
      isDirect: false,
    } as const;
    const rest = { requestUrl: "http://h/", headers: [], deadlineMs: 0, body: undefined, bodyBytes: 0 };
    const sink = { head() {}, write: () => undefined };
    await live.run({ ...input, ...rest }, sink, log, new AbortController());
    if (logsAfterMs !== undefined) clock.after(logsAfterMs, () => void process?.stderr.write("said"));
    return log;
  }

  /** How long after the answer the next call may begin. */
  async function heldMs(): Promise<number> {
    const beganNs = clock.monotonicNs();
    let isOver = false;
    void Promise.resolve(live.untilLogArrives()).then(() => {
      isOver = true;
    });
    for (await settle(); !isOver; await settle()) await clock.advance(1);
    return Math.round((clock.monotonicNs() - beganNs) / 1e6);
  }

  return { live, clock, call, heldMs };
}

describe("a container that logs later than it answers", () => {
  test("is credited with what comes between two calls as that of the first", async () => {
    const { call, heldMs } = await rigOf();
    const first = await call(9);
    await heldMs();
    const second = await call();
    assert.deepEqual([first.text(), second.text()], ["said", ""]);
  });

  test("takes no other call before its log may have come", async () => {
    const { call, heldMs } = await rigOf();
    await call(0);
    assert.equal(await heldMs(), logDelayMs);
  });

  test("is waited for longer in its first call, of which nothing is known, when nothing comes", async () => {
    const { call, heldMs } = await rigOf();
    await call();
    assert.equal(await heldMs(), 3 * logDelayMs);
  });

  test("is waited for longer when it has just logged, and this time nothing has come", async () => {
    const { call, heldMs } = await rigOf();
    await call(0);
    await heldMs();
    const late = await call(95);
    assert.equal(await heldMs(), 10 * logDelayMs);
    assert.equal(late.text(), "said");
  });

  test("takes another call at once when it has logged nothing in the ten before", async () => {
    const { call, heldMs } = await rigOf();
    await call(0);
    await heldMs();
    for (let calls = 1; calls <= 10; calls++) {
      await call();
      assert.ok((await heldMs()) >= logDelayMs, `${calls} calls`);
    }
    await call();
    assert.equal(await heldMs(), 0);
  });

  test("that has never logged is waited for in its first call only", async () => {
    const { call, heldMs } = await rigOf();
    await call();
    await heldMs();
    await call();
    assert.equal(await heldMs(), 0);
  });

  test("is not waited for when it takes no more calls", async () => {
    const { live, call, heldMs } = await rigOf();
    await call();
    await live.remove();
    assert.equal(await heldMs(), 0);
  });

  test("has a whole log when nothing has come for a while after that time", async () => {
    const { live, clock, call } = await rigOf();
    const log = await call(29);
    const whole = live.untilLogIsWhole(log);
    await clock.advance(1000);
    await whole;
    assert.equal(log.text(), "said");
  });
});

describe("a container whose log is there with its answer", () => {
  test("takes another call at once", async () => {
    const { call, heldMs } = await rigOf(0);
    await call();
    assert.equal(await heldMs(), 0);
  });
});
