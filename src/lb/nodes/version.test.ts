import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compareVersions, parseVersion } from "./version.ts";

describe("a version", () => {
  for (const text of ["0.0.234", "1.2.3-alpha.1", "1.2.3+build.7", "1.2.3-rc.1+build", "10.20.30"]) {
    test(`is ${text}`, () => assert.notEqual(parseVersion(text), undefined));
  }

  for (const text of [
    "",
    "1",
    "1.2",
    "1.2.3.4",
    "v1.2.3",
    "1.2.x",
    "01.2.3",
    "1.2.3-",
    "1.2.3+",
    " 1.2.3",
    "1.2.3\n",
  ]) {
    test(`is not ${JSON.stringify(text)}`, () => assert.equal(parseVersion(text), undefined));
  }

  test("orders as its definition says: numbers by value, a pre-release before its release", () => {
    const order = [
      "0.0.99",
      "0.0.234",
      "0.3.0",
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0",
    ].map(version);
    assert.deepEqual(order.toReversed().sort(compareVersions), order);
  });

  test("is the same whatever its build", () => {
    assert.equal(compareVersions(version("1.0.0+a"), version("1.0.0+b")), 0);
  });
});

function version(text: string) {
  const parsed = parseVersion(text);
  assert.ok(parsed);
  return parsed;
}
