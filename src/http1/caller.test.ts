import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  isFromOtherSite,
  isFromThisMachine,
  isLoopback,
  isNamedLocally,
  onlyValue,
  plainAddress,
} from "./caller.ts";

describe("an address", () => {
  test("of IPv4 is known by itself on a socket for both families", () => {
    assert.deepEqual(["::ffff:1.2.3.4", "::1", "1.2.3.4"].map(plainAddress), ["1.2.3.4", "::1", "1.2.3.4"]);
  });

  for (const address of ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"]) {
    test(`${address} is this machine`, () => assert.ok(isLoopback(address)));
  }

  for (const address of [
    "10.0.0.1",
    "::",
    "::2",
    "1.127.0.0",
    "127.0.0.1.example.com",
    "127.",
    "localhost",
    "",
  ]) {
    test(`"${address}" is not this machine`, () => assert.ok(!isLoopback(address)));
  }
});

describe("a request from this machine", () => {
  test("comes over loopback", () => {
    assert.ok(isFromThisMachine([["Host", "a"]], "::1"));
    assert.ok(!isFromThisMachine([["Host", "a"]], "192.0.2.1"));
  });

  for (const name of [
    "Forwarded",
    "VIA",
    "X-Forwarded-For",
    "x-forwarded-host",
    "X-Forwarded-Proto",
    "X-Real-IP",
  ]) {
    test(`has no ${name}: a proxy passes on what others ask`, () => {
      assert.ok(!isFromThisMachine([[name, "127.0.0.1"]], "127.0.0.1"));
    });
  }
});

describe("a name that nobody else points at this machine is", () => {
  for (const host of [
    "127.0.0.1:8080",
    "10.0.0.5",
    "[::1]:8080",
    "localhost:8080",
    "a.localhost",
    "node",
    "",
  ]) {
    test(`"${host}"`, () => assert.ok(isNamedLocally([["host", host]])));
  }

  for (const host of [
    "evil.example.com",
    "127.0.0.1.evil.com:80",
    "localhost.evil.com",
    "10.0.0",
    "a.b:8080",
  ]) {
    test(`not "${host}"`, () => assert.ok(!isNamedLocally([["Host", host]])));
  }
});

describe("a page of another site", () => {
  test("is told by the browser", () => {
    assert.ok(isFromOtherSite([["Sec-Fetch-Site", "cross-site"]]));
    assert.ok(!isFromOtherSite([["Sec-Fetch-Site", "same-origin"]]));
    assert.ok(!isFromOtherSite([]));
  });
});

describe("the only value of a field", () => {
  test("is found whatever the case of its name", () => {
    assert.equal(onlyValue([["AUTHORIZATION", "x"]], "authorization"), "x");
  });

  test("is none when the field is there twice", () => {
    const fields = [
      ["A", "1"],
      ["a", "1"],
    ] as const;
    assert.equal(onlyValue(fields, "a"), undefined);
  });
});
