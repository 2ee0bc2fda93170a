import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CLAIMED_IDLE_MAX, claimable, type Load } from "./room.ts";

const EMPTY: Load = {
  waiting: 0,
  ending: 0,
  startsWaiting: 0,
  memoryUsedMib: 0,
  memoryIdleMib: 0,
  memoryMib: 1024 * 1024,
};

describe("how many calls a node may claim", () => {
  const CASES: readonly (readonly [what: string, load: Partial<Load>, count: number])[] = [
    ["up to the limit on an empty node", {}, CLAIMED_IDLE_MAX],
    ["fewer by those that wait for a container", { waiting: 10 }, CLAIMED_IDLE_MAX - 10],
    ["fewer by those whose end is not stored yet", { ending: 10 }, CLAIMED_IDLE_MAX - 10],
    ["none over the limit", { waiting: CLAIMED_IDLE_MAX, ending: 5 }, 0],
    ["none while a container waits for memory", { startsWaiting: 1 }, 0],
    ["as many as fit into four fifths of the memory", { memoryMib: 1280, memoryUsedMib: 512 }, 4],
    ["of those, fewer by the ones that wait", { memoryMib: 1280, memoryUsedMib: 512, waiting: 3 }, 1],
    [
      "one while less is left than a container of the usual size",
      { memoryMib: 1280, memoryUsedMib: 1023 },
      1,
    ],
    ["none from four fifths on", { memoryMib: 1280, memoryUsedMib: 1024 }, 0],
    ["as if idle containers were gone", { memoryMib: 1280, memoryUsedMib: 1280, memoryIdleMib: 512 }, 2],
    ["none while the machine has no memory", { memoryMib: 0 }, 0],
  ];
  for (const [what, load, count] of CASES) {
    test(what, () => assert.equal(claimable({ ...EMPTY, ...load }), count));
  }
});
