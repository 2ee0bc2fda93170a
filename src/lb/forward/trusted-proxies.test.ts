import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TrustedProxies } from "./trusted-proxies.ts";

describe("the proxies that are trusted", () => {
  test("are those of this machine, unless told", () => {
    const trusted = new TrustedProxies();
    assert.deepEqual(
      ["127.0.0.1", "127.9.9.9", "::1", "10.0.0.1", "::2", "", "x"].map((address) => trusted.has(address)),
      [true, true, true, false, false, false, false],
    );
  });

  test("are addresses and networks", () => {
    const trusted = new TrustedProxies(["10.0.0.0/8", "192.168.0.1", "fd00::/8"]);
    assert.deepEqual(
      ["10.1.2.3", "11.0.0.1", "192.168.0.1", "192.168.0.2", "fd00::1", "fe80::1", "127.0.0.1"].map(
        (address) => trusted.has(address),
      ),
      [true, false, true, false, true, false, false],
    );
  });

  for (const network of ["", "x", "10.0.0.0/33", "10.0.0/8", "::1/129", "10.0.0.0/", "10.0.0.0/8/8"]) {
    test(`are not ${JSON.stringify(network)}`, () => assert.throws(() => new TrustedProxies([network])));
  }
});
