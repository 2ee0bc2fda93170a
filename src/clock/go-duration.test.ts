import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatGoDuration, parseGoDuration } from "./go-duration.ts";

const WRITTEN: readonly (readonly [ns: number, text: string])[] = [
  [0, "0s"],
  [1, "1ns"],
  [999, "999ns"],
  [1000, "1\u00b5s"],
  [205_588, "205.588\u00b5s"],
  [244_251, "244.251\u00b5s"],
  [1_500_000, "1.5ms"],
  [40_068_572, "40.068572ms"],
  [850, "850ns"],
  [2_500_000_000, "2.5s"],
  [5_000_714_669, "5.000714669s"],
  [62_500_000_000, "1m2.5s"],
  [3_600_000_000_000, "1h0m0s"],
  [3_723_004_000_000, "1h2m3.004s"],
  [-3_000_000_000, "-3s"],
];

const READ_ONLY: readonly (readonly [text: string, ns: number])[] = [
  ["1m0.5s", 60_500_000_000],
  [".5s", 500_000_000],
  ["+2s", 2_000_000_000],
  ["2us", 2000],
  ["2\u03bcs", 2000],
  ["0", 0],
  ["1.s", 1_000_000_000],
];

const REFUSED = [
  "",
  "5",
  "abc",
  "1.5S",
  "1e3s",
  "1s ",
  " 1s",
  "s",
  "-",
  "+",
  ".s",
  "1s2",
  "1\n",
  `${"1".repeat(70)}s`,
];

describe("durations as Go writes them", () => {
  for (const [ns, text] of WRITTEN) {
    test(`${ns} ns is written ${text}, and read back`, () => {
      assert.equal(formatGoDuration(ns), text);
      assert.equal(parseGoDuration(text), ns);
    });
  }

  for (const [text, ns] of READ_ONLY) {
    test(`${text} is read as ${ns} ns`, () => assert.equal(parseGoDuration(text), ns));
  }

  for (const text of REFUSED) {
    test(`${JSON.stringify(text.slice(0, 10))} is no duration`, () =>
      assert.equal(parseGoDuration(text), undefined));
  }

  test("whatever is written is read back to the nanosecond, up to a year", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 53), max: 2 ** 53 }), (number) => {
        const ns = number % 9e15;
        assert.equal(parseGoDuration(formatGoDuration(ns)), ns === 0 ? 0 : ns);
      }),
    );
  });
});
