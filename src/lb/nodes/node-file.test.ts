import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseNodeFile } from "./node-file.ts";
import { node } from "./source-rig.suite.ts";

describe("a file of nodes", () => {
  test("has one a line, with its weight and whether it drains", () => {
    const text = "b:1 weight=2.5\na:1\nc:1 draining weight=3\n";
    const nodes = [node("a:1"), node("b:1", { weight: 2.5 }), node("c:1", { weight: 3, isDraining: true })];
    assert.deepEqual(parseNodeFile(text), nodes);
  });

  test("may have comments, empty lines, white space, line ends of Windows, and no line end at the end", () => {
    assert.deepEqual(parseNodeFile("# ours\r\n\r\n  a:1\t# the first\r\nb:1"), [node("a:1"), node("b:1")]);
  });

  test("may name no node, when a comment shows that this is meant", () => {
    assert.deepEqual(parseNodeFile("# none today\n"), []);
  });

  const broken: readonly (readonly [what: string, text: string])[] = [
    ["has no bytes", ""],
    ["has a line that begins with no node", "a:1\nnobody\n"],
    ["has two nodes in a line", "a:1 b:1"],
    ["has a node twice", "a:1\nb:1\na:1 weight=2"],
    ["has a weight of nothing", "a:1 weight=0"],
    ["has a negative weight", "a:1 weight=-1"],
    ["has a weight beyond a thousand", "a:1 weight=1001"],
    ["has a weight that is no number", "a:1 weight=heavy"],
    ["has a word that means nothing", "a:1 drain"],
  ];
  for (const [what, text] of broken) {
    test(`is refused as a whole when it ${what}`, () => assert.throws(() => parseNodeFile(text)));
  }

  test("is refused with the number of the line that is wrong", () => {
    assert.throws(() => parseNodeFile("a:1\n\nnobody"), /^Error: line 3: 'nobody' is not host:port/);
  });
});
