import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pino } from "pino";
import { parseCredentials } from "./credentials.ts";
import { HUB, registryOf } from "./reference.ts";

function parse(config: string) {
  let warnings = 0;
  const log = pino({ level: "warn" }, { write: () => warnings++ });
  return { credentials: parseCredentials(config, log), warnings };
}

function hostsOf(auths: Record<string, unknown>) {
  const { credentials, warnings } = parse(JSON.stringify({ auths }));
  return { hosts: [...credentials.keys()], warnings };
}

describe("the registry of an image", () => {
  const images: readonly (readonly [image: string, registry: string])[] = [
    ["hello", HUB],
    ["team/hello:1", HUB],
    ["docker.io/team/hello", HUB],
    ["index.docker.io/hello", HUB],
    ["localhost/hello", "localhost"],
    ["registry:5000/hello", "registry:5000"],
    ["example.com/a/b/hello@sha256:00", "example.com"],
    ["hello.world:1", HUB],
  ];
  for (const [image, registry] of images) {
    test(`${image} is ${registry}`, () => assert.equal(registryOf(image), registry));
  }
});

describe("a Docker config", () => {
  test("names a login as user and password, or both in one, where a password may have colons", () => {
    const auths = {
      "one.example.com": { username: "ada", password: "secret" },
      "two.example.com": { auth: btoa("ada:se:cret") },
    };
    const { credentials } = parse(JSON.stringify({ auths }));
    assert.deepEqual(
      [...credentials.values()].map(({ username, password }) => `${username} ${password}`),
      ["ada secret", "ada se:cret"],
    );
  });

  test("names a registry by its host, or by a URL", () => {
    const auth = { auth: btoa("ada:secret") };
    const names = ["https://index.docker.io/v1/", "http://Example.com:5000/v2/", "localhost"];
    const { hosts } = hostsOf(Object.fromEntries(names.map((name) => [name, auth])));
    assert.deepEqual(hosts, [HUB, "example.com:5000", "localhost"]);
  });

  test("may have entries that cannot be read, which are left out with a warning each", () => {
    const auths = { a: {}, b: null, c: { auth: 1 }, d: { auth: btoa("nobody") }, e: { username: "ada" } };
    assert.deepEqual(hostsOf(auths), { hosts: [], warnings: 5 });
  });

  for (const config of ["", "{", "[]", "{}", '{"auths":1}']) {
    test(`that is '${config}' has no logins, and a warning says so`, () => {
      const { credentials, warnings } = parse(config);
      assert.deepEqual([credentials.size, warnings], [0, 1]);
    });
  }
});
