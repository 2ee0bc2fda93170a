import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { isNodeName } from "./node-name.ts";

describe("the name of a node", () => {
  for (const name of [
    "localhost:8080",
    "10.0.0.1:80",
    "[::1]:8080",
    "node-1.example.com:65535",
    "fn_node:1",
  ]) {
    test(`may be ${name}`, () => assert.ok(isNodeName(name)));
  }

  const wrong = [
    "",
    "host",
    ":80",
    "host:",
    "host:0",
    "host:65536",
    "host:080",
    "not a host!:80",
    "http://host:80",
    "host:80/",
    "user@host:80",
    "[::1:80",
    "[1:2]:80",
    "999.1.1.1:80",
    "a..b:80",
    "-a:80",
    "host:80\n",
  ];
  for (const name of wrong) {
    test(`is not ${JSON.stringify(name)}`, () => assert.ok(!isNodeName(name)));
  }

  test("is always the authority of a URL", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9._[\]:%@-]{1,12}:[0-9]{1,5}$/), (name) => {
        if (isNodeName(name)) assert.equal(new URL(`http://${name}/x`).pathname, "/x");
      }),
    );
  });
});
