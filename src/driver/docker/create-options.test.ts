import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ContainerSpec } from "../driver.ts";
import { createOptions, HARDENED, type Hardening } from "./create-options.ts";

function optionsOf(
  spec: Partial<ContainerSpec> = {},
  hardening: Partial<Hardening> = {},
  networkMode = "none",
) {
  const whole: ContainerSpec = {
    id: "c1",
    appId: "app-1",
    image: "hello",
    env: {},
    hostname: "node-1",
    memoryMib: 128,
    cpusMilli: 0,
    channel: "stdio",
    ...spec,
  };
  const socketDir = whole.channel === "socket" ? "/work/1" : undefined;
  const source = { engineImage: "hello:latest" };
  return createOptions(whole, source, { ...HARDENED, ...hardening }, { labels: {}, networkMode, socketDir });
}

describe("the limits of a container", () => {
  test("memory is what the spec says, and swap none", () => {
    const { HostConfig } = optionsOf({ memoryMib: 64 });
    assert.deepEqual([HostConfig?.Memory, HostConfig?.MemorySwap], [67_108_864, 67_108_864]);
  });

  test("cpu is unlimited when the spec says 0", () => {
    assert.equal(optionsOf({ cpusMilli: 0 }).HostConfig?.CpuQuota, undefined);
  });

  const cpus: readonly (readonly [cpusMilli: number, quotaUs: number, shares: number])[] = [
    [500, 50_000, 512],
    [1, 1_000, 2],
    [1_024_000, 102_400_000, 262_144],
  ];
  for (const [cpusMilli, quotaUs, shares] of cpus) {
    test(`${cpusMilli} thousandths of a cpu are a quota of ${quotaUs} µs and ${shares} shares`, () => {
      const { HostConfig } = optionsOf({ cpusMilli });
      assert.deepEqual([HostConfig?.CpuQuota, HostConfig?.CpuShares], [quotaUs, shares]);
    });
  }
});

describe("a container, unless a setting opens it", () => {
  test("has no privileges, no log of its own and a read-only root", () => {
    const { User, HostConfig } = optionsOf();
    assert.equal(User, "1000:1000");
    assert.deepEqual(HostConfig?.CapDrop, ["ALL"]);
    assert.deepEqual(HostConfig?.SecurityOpt, ["no-new-privileges"]);
    assert.equal(HostConfig?.ReadonlyRootfs, true);
    assert.equal(HostConfig?.LogConfig?.Type, "none");
  });

  test("can be given its image's user, capabilities, a writable root and as many processes as it wants", () => {
    const open = { user: undefined, isUnprivileged: false, isRootReadOnly: false, pidsMax: 0 };
    const { User, HostConfig } = optionsOf({}, open);
    const { CapDrop, SecurityOpt, ReadonlyRootfs, Tmpfs, PidsLimit } = HostConfig ?? {};
    assert.deepEqual([User, CapDrop, SecurityOpt, Tmpfs, PidsLimit], Array(5).fill(undefined));
    assert.equal(ReadonlyRootfs, false);
  });
});

describe("the network of a container", () => {
  test("is what its driver gives it", () => {
    assert.equal(optionsOf({}, {}, "container:anchor").HostConfig?.NetworkMode, "container:anchor");
  });

  test("is that of its app, unless a setting says otherwise", () => {
    assert.equal(HARDENED.network, "app");
  });
});

describe("the hostname of a container", () => {
  const names: readonly (readonly [name: string, hostname: string])[] = [
    ["node-1", "node-1"],
    ["node_1:8080", "node-1-8080"],
    ["-x-", "x"],
    ["_", "node"],
    ["n".repeat(80), "n".repeat(63)],
  ];
  for (const [name, hostname] of names) {
    test(`of a node called '${name}' is '${hostname}'`, () => {
      assert.equal(optionsOf({ hostname: name }).Hostname, hostname);
    });
  }

  test("is left open with another container's network, which has a name already", () => {
    assert.equal(optionsOf({}, {}, "container:other").Hostname, undefined);
  });

  test("does not change what the function sees as HOSTNAME", () => {
    assert.deepEqual(optionsOf({ hostname: "node_1" }).Env, ["HOSTNAME=node_1"]);
  });
});
