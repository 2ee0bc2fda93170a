import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { canonicalHeaderName, isHopByHop } from "./fields.ts";
import { isPersistent } from "./framing.ts";

describe("a canonical header name", () => {
  for (const [name, canonical] of [
    ["content-type", "Content-Type"],
    ["CONTENT-TYPE", "Content-Type"],
    ["Content-Type", "Content-Type"],
    ["FN_CALL_ID", "Fn_call_id"],
    ["XXX-FXLB-WAIT", "Xxx-Fxlb-Wait"],
    ["te", "Te"],
    ["x--y-", "X--Y-"],
    ["3d-Model", "3d-Model"],
    ["", ""],
  ] as const) {
    test(`of '${name}' is '${canonical}'`, () => assert.equal(canonicalHeaderName(name), canonical));
  }

  test("is the same for any spelling of the name", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{0,20}$/), (name) => {
        assert.equal(canonicalHeaderName(name.toLowerCase()), canonicalHeaderName(name.toUpperCase()));
        assert.equal(canonicalHeaderName(canonicalHeaderName(name)), canonicalHeaderName(name));
      }),
    );
  });

  test("tells which fields end at this hop", () => {
    assert.equal(isHopByHop("transfer-encoding"), true);
    assert.equal(isHopByHop("content-type"), false);
  });
});

describe("a connection", () => {
  test("is kept in HTTP/1.1 unless it says close", () => {
    assert.equal(isPersistent(1, []), true);
    assert.equal(isPersistent(1, ["keep-alive", "close"]), false);
  });

  test("is closed in HTTP/1.0 unless it says keep-alive", () => {
    assert.equal(isPersistent(0, []), false);
    assert.equal(isPersistent(0, ["keep-alive"]), true);
  });
});
