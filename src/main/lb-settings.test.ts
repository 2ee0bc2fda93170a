import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readLbValues, toLbSettings } from "./lb-settings.ts";
import { SettingsError } from "./settings.ts";

/** Any file that is there. */
const HERE = fileURLToPath(import.meta.url);

function read(argv: readonly string[], env: Record<string, string> = {}) {
  return toLbSettings(readLbValues({ argv, env }), env);
}

function refuses(argv: readonly string[], env: Record<string, string> = {}): void {
  assert.throws(
    () => read(argv, env),
    (error) => error instanceof SettingsError && error.problems.length === 1,
  );
}

describe("the balancer's settings", () => {
  test("are those of Fn where nothing is told", () => {
    const { listen, mgmtListen, nodes, health, shutdownTimeoutMs } = read([]);
    const everywhere = { host: undefined, port: 8081 };
    assert.deepEqual([listen, mgmtListen, nodes, shutdownTimeoutMs], [everywhere, everywhere, [], undefined]);
    assert.deepEqual(health, {
      path: "/version",
      intervalMs: 3000,
      timeoutMs: 5000,
      thresholds: { healthy: 1, unhealthy: 2 },
      versionMin: "0.0.234",
    });
  });

  test("take Fn's whole seconds", () => {
    const { health, shutdownTimeoutMs } = read(["-hc-interval", "1", "-shutdown-timeout", "20"]);
    assert.deepEqual([health.intervalMs, shutdownTimeoutMs], [1000, 20_000]);
  });

  const sources: readonly (readonly [argv: readonly string[], kind: string])[] = [
    [[], "memory"],
    [["-db", "sqlite3://:memory:"], "memory"],
    [["-db", "sqlite3:///var/lb.db", "-nodes", "a:1"], "db"],
    [["-db", "postgres://u:p@h/lb"], "db"],
    [["-nodes-file", "/etc/nodes"], "file"],
    [["-nodes-dns", "fn.internal:8080"], "dns"],
  ];
  for (const [argv, kind] of sources) {
    test(`keep the list of nodes in ${kind} with '${argv.join(" ")}'`, () =>
      assert.equal(read(argv).nodeSource.kind, kind));
  }

  test("believe proxies of this machine, or those that are named", () => {
    assert.deepEqual(read([]).trustedProxies, ["127.0.0.0/8", "::1"]);
    const { trustedProxies } = read(["-trusted-proxies", "10.1.2.3,fd00::/8"]);
    assert.deepEqual(trustedProxies, ["10.1.2.3", "fd00::/8"]);
  });

  test("have the token of the management from the environment alone", () => {
    assert.equal(read([], { FN_LB_TOKEN: "s3cret==" }).mgmtToken, "s3cret==");
    assert.equal(read([], { FN_LB_TOKEN: "" }).mgmtToken, undefined);
    refuses(["-token=s3cret"]);
  });
});

describe("the balancer does not start with", () => {
  const wrong: readonly (readonly string[])[] = [
    ["-nodes", "http://a:1"],
    ["-nodes", "not a host!"],
    ["-db", "k8s"],
    ["-db", "mongo://x"],
    ["-nodes-dns", "no-port"],
    ["-nodes-dns", "a:1", "-nodes-file", "x"],
    ["-nodes-file", "x", "-nodes", "a:1"],
    ["-tls-cert", HERE],
    ["-tls-cert", `${HERE}-missing`, "-tls-key", HERE],
    ["-node-ca", HERE],
    ["-policy", "random"],
    ["-workers", "0"],
    ["-trusted-proxies", "10.0.0.0/33"],
    ["-trusted-proxies", "proxy.local"],
    ["-total-timeout", "10s", "-first-byte-timeout", "20s"],
    ["-listen", "127.0.0.1:9000", "-mgmt-listen", ":9000"],
    ["-min-api-version", "one"],
    ["-hc-path", "version"],
  ];
  for (const argv of wrong) {
    test(argv.join(" ").replaceAll(HERE, "FILE"), () => refuses(argv));
  }

  test("a token that no client could send", () => refuses([], { FN_LB_TOKEN: "two words" }));
});
