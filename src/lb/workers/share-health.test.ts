import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { aloneLink } from "./link.ts";
import { shareHealth } from "./share-health.ts";

describe("a node that is unhealthy for one worker", () => {
  test("is told to the others", () => {
    const told: unknown[] = [];
    const link = { ...aloneLink(), publish: (_topic: string, message: unknown) => void told.push(message) };
    shareHealth({ hurry() {} }, link).tell("n:1");
    assert.deepEqual(told, ["n:1"]);
  });

  test("is checked by those who hear of it, at once", () => {
    const checked: string[] = [];
    const listeners: ((message: unknown, from: string) => void)[] = [];
    const link = {
      ...aloneLink(),
      subscribe: (_topic: string, listener: (message: unknown, from: string) => void) =>
        void listeners.push(listener),
    };
    shareHealth({ hurry: (node) => void checked.push(node) }, link);
    for (const listener of listeners) listener("n:1", "w2");
    assert.deepEqual(checked, ["n:1"]);
  });
});
