import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FakeClock, settle } from "../clock/fake-clock.ts";
import { SlotQueue } from "./slot-queue.ts";

const never = new AbortController().signal;

function setUp() {
  const clock = new FakeClock();
  return { clock, queue: new SlotQueue<string>(clock) };
}

describe("the slot queue", () => {
  test("the slot released last is taken first", () => {
    const { queue } = setUp();
    for (const slot of ["a", "b", "c"]) queue.release(slot);
    assert.deepEqual(
      [queue.takeFree(), queue.takeFree(), queue.takeFree(), queue.takeFree()],
      ["c", "b", "a", undefined],
    );
  });

  test("a released slot goes to the call that waits longest", async () => {
    const { queue } = setUp();
    const first = queue.wait(1000, () => "late", never);
    const second = queue.wait(1000, () => "late", never);
    assert.equal(queue.release("a"), true);
    assert.equal(queue.release("b"), true);
    assert.deepEqual([await first, await second], ["a", "b"]);
  });

  test("a call waits as long as it may and not longer", async () => {
    const { clock, queue } = setUp();
    const outcome = queue.wait(100, () => new Error("late"), never).catch((error) => error.message);
    await clock.advance(99);
    assert.equal(queue.waiting, 1);
    await clock.advance(1);
    assert.equal(await outcome, "late");
    assert.equal(queue.waiting, 0);
  });

  test("a call that leaves is out of the line at once, with its reason and without its timer", async () => {
    const { clock, queue } = setUp();
    const caller = new AbortController();
    const waiting = queue.wait(100, () => "late", caller.signal);
    caller.abort("gone");
    await assert.rejects(waiting, (reason) => reason === "gone");
    assert.equal(queue.release("a"), false);
    assert.equal(clock.pending, 0);
  });

  test("a call whose caller has left already does not stand in line", async () => {
    const { queue } = setUp();
    await assert.rejects(
      queue.wait(100, () => "late", AbortSignal.abort("gone")),
      (reason) => reason === "gone",
    );
    assert.equal(queue.waiting, 0);
  });

  test("a slot can be withdrawn while it is free, and not once it is taken", () => {
    const { queue } = setUp();
    queue.release("a");
    assert.equal(queue.withdraw("a"), true);
    assert.equal(queue.withdraw("a"), false);
    assert.equal(queue.takeFree(), undefined);
  });

  test("when no slot will come, everyone in line learns why", async () => {
    const { queue } = setUp();
    const reasons = [queue.wait(9, () => "late", never), queue.wait(9, () => "late", never)].map((waiting) =>
      waiting.catch((reason) => reason),
    );
    queue.failAll("no container");
    assert.deepEqual(await Promise.all(reasons), ["no container", "no container"]);
    assert.equal(queue.waiting, 0);
  });
});

/**
 * The same steps on the real queue and on lists: slots are never lost, never given twice, never given to a call that
 * left, and never free while a call waits.
 */
describe("the slot queue, against a model", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("call" as const), waitMs: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ kind: fc.constant("new slot" as const) }),
    fc.record({ kind: fc.constant("end of a call" as const), index: fc.nat() }),
    fc.record({ kind: fc.constant("caller leaves" as const), index: fc.nat() }),
    fc.record({ kind: fc.constant("withdraw" as const), index: fc.nat() }),
    fc.record({ kind: fc.constant("time" as const), ms: fc.integer({ min: 1, max: 30 }) }),
  );

  test("random sequences of calls, slots and time give what the model gives", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = new FakeClock(0);
        const queue = new SlotQueue<number>(clock);
        const free: number[] = [];
        const line: { readonly call: number; readonly untilMs: number; readonly caller: AbortController }[] =
          [];
        const expected = new Map<number, number | string>();
        const seen = new Map<number, number | string>();
        let held: number[] = [];
        let slots = 0;
        let calls = 0;

        const release = (slot: number) => {
          const first = line.shift();
          if (first) {
            expected.set(first.call, slot);
            held.push(slot);
          } else free.push(slot);
          queue.release(slot);
        };

        for (const step of steps) {
          if (step.kind === "call") {
            const call = calls++;
            const slot = queue.takeFree();
            assert.equal(slot, free.pop());
            if (slot !== undefined) held.push(slot);
            else {
              const caller = new AbortController();
              line.push({ call, untilMs: clock.nowMs() + step.waitMs, caller });
              queue
                .wait(step.waitMs, () => "late", caller.signal)
                .then(
                  (slot) => seen.set(call, slot),
                  (reason) => seen.set(call, reason),
                );
            }
          } else if (step.kind === "new slot") {
            release(slots++);
          } else if (step.kind === "end of a call" && held.length > 0) {
            const [slot] = held.splice(step.index % held.length, 1);
            if (slot !== undefined) release(slot);
          } else if (step.kind === "caller leaves" && line.length > 0) {
            const [gone] = line.splice(step.index % line.length, 1);
            if (gone) expected.set(gone.call, "gone");
            gone?.caller.abort("gone");
          } else if (step.kind === "withdraw" && slots > 0) {
            const slot = step.index % slots;
            assert.equal(queue.withdraw(slot), free.includes(slot));
            if (free.includes(slot)) free.splice(free.indexOf(slot), 1);
            held = held.filter((other) => other !== slot || !free.includes(slot));
          } else if (step.kind === "time") {
            const nowMs = clock.nowMs() + step.ms;
            for (const late of line.filter(({ untilMs }) => untilMs <= nowMs)) {
              expected.set(late.call, "late");
              line.splice(line.indexOf(late), 1);
            }
            await clock.advance(step.ms);
          }
          await settle();
          assert.deepEqual(seen, expected);
          assert.equal(queue.free, free.length);
          assert.equal(queue.waiting, line.length);
          assert.ok(queue.free === 0 || queue.waiting === 0);
        }
      }),
      { numRuns: 100 },
    );
  });
});
