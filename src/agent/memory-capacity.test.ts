import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { MEMORY_REFRESH_MS, memoryCapacityMib, memoryWithoutContainersMib } from "./memory-capacity.ts";
import { createRig, echo, held, type Rig, rest } from "./rig.suite.ts";

const unlimited = Number.POSITIVE_INFINITY;
const reading = (availableMib: number, limitMib = unlimited) => ({ availableMib, limitMib });

describe("what there would be without our containers", () => {
  test("is what is available, while nothing is reserved", () => {
    assert.equal(memoryWithoutContainersMib(8000, reading(5000), 0), 5000);
  });

  test("stays as it was when they may have taken themselves what is gone", () => {
    assert.equal(memoryWithoutContainersMib(8000, reading(5000), 3000), 8000);
  });

  test("shrinks by what is gone beyond all they have reserved", () => {
    assert.equal(memoryWithoutContainersMib(8000, reading(5000), 1000), 6000);
  });

  test("grows to what is available, when another program has given it back", () => {
    assert.equal(memoryWithoutContainersMib(8000, reading(9000), 1000), 9000);
  });

  test("always lies between what is available and that with all that is reserved", () => {
    const mib = fc.nat({ max: 100_000 });
    fc.assert(
      fc.property(mib, mib, mib, (beforeMib, availableMib, reservedMib) => {
        const mib = memoryWithoutContainersMib(beforeMib, reading(availableMib), reservedMib);
        assert.ok(mib >= availableMib && mib <= availableMib + reservedMib);
      }),
    );
  });
});

describe("the memory that containers may have", () => {
  const cases: readonly (readonly [withoutMib: number, limitMib: number, capacityMib: number])[] = [
    [10_000, unlimited, 9000],
    [10_000, 1000, 744],
    [2000, unlimited, 1744],
    [100_000, unlimited, 94_880],
    [200, unlimited, 0],
  ];
  for (const [withoutMib, limitMib, capacityMib] of cases) {
    test(`of ${withoutMib} MiB under a limit of ${limitMib} is ${capacityMib} MiB`, () => {
      assert.equal(memoryCapacityMib(withoutMib, reading(withoutMib, limitMib)), capacityMib);
    });
  }
});

describe("an agent that follows the machine", () => {
  /** A machine whose available memory a test changes, and an agent on it that may have `memoryMib` at first. */
  function createWatchedRig(run: Parameters<typeof createRig>[0], memoryMib: number) {
    const machine = { availableMib: memoryMib + 256 };
    const readMemory = () => reading(machine.availableMib);
    return { machine, rig: createRig(run, { agent: { memoryMib, readMemory } }) };
  }

  async function refresh(rig: Rig): Promise<void> {
    await rig.clock.advance(MEMORY_REFRESH_MS);
    await rest(rig);
  }

  test("evicts idle containers when the machine has less than they hold", async () => {
    const { machine, rig } = createWatchedRig(echo, 512);
    for (const name of ["a", "b", "c", "d"]) await rig.call(name, { settings: { idleTimeoutS: 60 } }).outcome;
    await rest(rig);
    machine.availableMib = 0;
    await refresh(rig);
    assert.equal(rig.agent.state.memoryMib, 256);
    assert.equal(rig.driver.counts.alive, 2);
    await rig.agent.stop(0);
  });

  test("starts nothing new while more is in use than the machine has", async () => {
    const { calls, hold } = held();
    const { machine, rig } = createWatchedRig(hold, 384);
    const settings = { timeoutS: 60 };
    const running = ["a", "b"].map((name) => rig.call(name, { settings }));
    await rest(rig);
    machine.availableMib = 256;
    await refresh(rig);
    const late = rig.call("c", { settings });
    await rest(rig);
    assert.equal(rig.driver.counts.alive, 2);
    for (const call of calls.splice(0)) call.answer("done");
    await Promise.all(running.map(({ outcome }) => outcome));
    await rest(rig);
    calls[0]?.answer("done");
    assert.equal(await late.outcome, "done", "and goes on when idle ones have made room");
    await rig.agent.stop(0);
  });

  test("serves those who wait when the machine has more", async () => {
    const { calls, hold } = held();
    const { machine, rig } = createWatchedRig(hold, 128);
    const two = ["a", "b"].map((name) => rig.call(name));
    await rest(rig);
    assert.equal(calls.length, 1);
    machine.availableMib = 1000;
    await refresh(rig);
    assert.equal(calls.length, 2);
    for (const call of calls) call.answer("done");
    await Promise.all(two.map(({ outcome }) => outcome));
    await rig.agent.stop(0);
  });

  test("asks no more after its stop", async () => {
    const { rig } = createWatchedRig(echo, 512);
    assert.equal(rig.clock.pending, 1);
    await rig.agent.stop(0);
    assert.equal(rig.clock.pending, 0);
  });
});
