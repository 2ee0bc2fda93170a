import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseWait } from "./wait-header.ts";

describe("the wait that a node reports", () => {
  const cases: readonly (readonly [text: string, ns: number | undefined])[] = [
    ["0", 0],
    ["205.588µs", 205_588],
    ["1m0.5s", 60_500_000_000],
    ["1h0m0s", 3_600_000_000_000],
    ["1h0m0.000000001s", undefined],
    ["-3s", undefined],
    ["5", undefined],
    ["1.5S", undefined],
    ["1s ", undefined],
    ["", undefined],
  ];
  for (const [text, ns] of cases) {
    test(`${JSON.stringify(text)} is ${ns === undefined ? "ignored" : `${ns} ns`}`, () => {
      assert.equal(parseWait(text), ns);
    });
  }
});
