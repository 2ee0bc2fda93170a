import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { functionKey, hashOfKey } from "./key.ts";

describe("the key of a request", () => {
  const cases: readonly (readonly [path: string, key: string])[] = [
    ["/r/myapp/hello", "/r/myapp/hello"],
    ["/r/a%2Fb/c%20d;x", "/r/a/b/c d;x"],
    ["/r/caf%C3%A9/x", "/r/café/x"],
    ["/r/caf\u00c3\u00a9/x", "/r/café/x"],
    ["/r/100%/x%zz", "/r/100%/x%zz"],
    ["/r/%ff", "/r/\ufffd"],
    ["/", "/"],
  ];
  for (const [path, key] of cases) {
    test(`of ${JSON.stringify(path)} is ${JSON.stringify(key)}`, () => {
      assert.equal(functionKey(path), key);
    });
  }

  test("has the hash that Fn's balancer gives it", () => {
    assert.equal(hashOfKey("/r/café/x"), 0xf2cdf81b29cbf444n);
    assert.equal(hashOfKey("/r/a/b/c d;x"), 0x21dac9b6eba5cf53n);
  });
});
