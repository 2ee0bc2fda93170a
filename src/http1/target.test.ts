import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodedPath, pathOf } from "./target.ts";

describe("a request target", () => {
  for (const target of ["/a%2Fb", "/a%2Fb?", "/a%2Fb?c=/d?e"]) {
    test(`${target} has the path /a%2Fb, as it was written`, () => assert.equal(pathOf(target), "/a%2Fb"));
  }

  test("names the path that its escapes spell", () => {
    assert.equal(decodedPath("/caf%C3%A9%20?q=%zz"), "/café ");
  });

  for (const target of ["/%", "/%zz", "/%ff", "/%c3"]) {
    test(`${target} names none`, () => assert.equal(decodedPath(target), undefined));
  }
});
