import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseTarget } from "./target.ts";

describe("the target of a request", () => {
  const targets: readonly (readonly [text: string, path: string, query: string, host?: string])[] = [
    ["/", "/", ""],
    ["/r/app/f?x=%20?", "/r/app/f", "?x=%20?"],
    ["//r/app", "//r/app", ""],
    ["/http://host/x", "/http://host/x", ""],
    ["http://lb:8081/r/app/f?x=1", "/r/app/f", "?x=1", "lb:8081"],
    ["HTTP://lb", "/", "", "lb"],
    ["http://lb?x=1", "/", "?x=1", "lb"],
  ];
  for (const [text, path, query, host] of targets) {
    test(`of ${text} is ${path}, query '${query}', ${host === undefined ? "no host" : `host ${host}`}`, () => {
      assert.deepEqual(parseTarget(text), { path, query, host });
    });
  }

  for (const text of ["*", "", "?x=1", "lb:8081", "ftp://lb/", "http://user@lb/", "http:///x"]) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseTarget(text), undefined));
  }
});
