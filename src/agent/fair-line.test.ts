import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FairLine } from "./fair-line.ts";
import { OVERTAKEN_MAX } from "./overtaking.ts";

/** The values in the order in which they are served. */
function serveAll(line: FairLine<string>): string {
  let order = "";
  for (let { first } = line; first; { first } = line) {
    line.serve(first);
    order += first.value;
  }
  return order;
}

function lineOf(keys: string): FairLine<string> {
  const line = new FairLine<string>();
  for (const key of keys) line.add(key, key);
  return line;
}

describe("a fair line", () => {
  test("serves one key first come, first served", () => {
    const line = new FairLine<string>();
    for (const value of ["1", "2", "3"]) line.add("a", value);
    assert.equal(serveAll(line), "123");
  });

  test("lets keys take turns, whoever came first", () => {
    assert.equal(serveAll(lineOf("aaaabbc")), "abcabaa");
  });

  test("lets a newcomer in before the second turn of all others", () => {
    const line = lineOf("aaabbb");
    const { first } = line;
    if (first) line.serve(first);
    line.add("c", "c");
    assert.equal(serveAll(line), "bcabab");
  });

  test("gives nobody a second turn because he comes back quickly", () => {
    const line = lineOf("ab");
    const { first } = line;
    if (first) line.serve(first);
    line.add("a", "a");
    assert.equal(serveAll(line), "ba");
  });

  test("whoever leaves the line is as if he had never come", () => {
    const line = lineOf("abb");
    line.leave(line.add("a", "a"));
    line.add("a", "A");
    assert.equal(serveAll(line), "abbA");
  });

  test("within a round, urgent ones go first", () => {
    const line = lineOf("abb");
    line.add("c", "C", true);
    line.add("d", "D", true);
    assert.equal(serveAll(line), "CDabb");
  });

  test("but only so many of them pass one that is not", () => {
    const line = lineOf("a");
    for (let i = 0; i < OVERTAKEN_MAX + 2; i++) line.add(`${i}`, "U", true);
    assert.equal(serveAll(line), `${"U".repeat(OVERTAKEN_MAX)}aUU`);
  });

  test("serves everyone once, and each key in the order of its coming", () => {
    const entries = fc.array(fc.record({ key: fc.constantFrom("a", "b", "c"), isUrgent: fc.boolean() }));
    fc.assert(
      fc.property(entries, (entries) => {
        const line = new FairLine<number>();
        for (const [nth, { key, isUrgent }] of entries.entries()) line.add(key, nth, isUrgent);
        const served = new Map<string, number[]>();
        for (let { first } = line; first; { first } = line) {
          line.serve(first);
          served.set(first.key, [...(served.get(first.key) ?? []), first.value]);
        }
        for (const values of served.values())
          assert.deepEqual(
            values,
            values.toSorted((a, b) => a - b),
          );
        assert.equal([...served.values()].flat().length, entries.length);
      }),
    );
  });
});
