import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inFunctionSeconds, nodeNameOf } from "./attribution.ts";

const primes = '{"durationSeconds": 0.008194, "hostname": "abc", "max": 1000, "loops": 1}';

describe("the node that answered", () => {
  test("is the one that Fn-Node names", () => {
    assert.equal(nodeNameOf({ headers: { "fn-node": "node-1" }, body: "Hello" }), "node-1");
  });

  test("is the one that Fn-Node names even if the body names another", () => {
    assert.equal(nodeNameOf({ headers: { "fn-node": "node-1" }, body: primes }), "node-1");
  });

  test("is the host name in the body when there is no such header", () => {
    assert.equal(nodeNameOf({ headers: {}, body: primes }), "abc");
  });

  test("is found whatever the case of the body's keys", () => {
    assert.equal(nodeNameOf({ headers: {}, body: '{"HostName":"abc"}' }), "abc");
  });

  for (const body of ["", "Hello", "[]", "null", '{"hostname":""}', '{"hostname":7}']) {
    test(`is unknown from the body '${body}' alone`, () => {
      assert.equal(nodeNameOf({ headers: {}, body }), undefined);
    });
  }
});

describe("the time in the function", () => {
  test("is what the body says", () => {
    assert.equal(inFunctionSeconds(primes), 0.008194);
  });

  test("is unknown when the body does not say", () => {
    assert.equal(inFunctionSeconds("Hello"), undefined);
    assert.equal(inFunctionSeconds('{"durationSeconds":"long"}'), undefined);
  });
});
