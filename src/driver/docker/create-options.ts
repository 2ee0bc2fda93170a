import type { ContainerCreateOptions, MountSettings } from "dockerode";
import type { ContainerSpec } from "../driver.ts";

/** What a function's container may do. Everything is shut unless a setting opens it. */
export interface Hardening {
  /** `uid:gid` that the function runs as, whatever its image says; undefined leaves it to the image. */
  readonly user: string | undefined;
  /** Takes every capability away, and the ways to gain privileges (setuid programs). */
  readonly isUnprivileged: boolean;
  /** The function can write to /tmp only. */
  readonly isRootReadOnly: boolean;
  /** Size of /tmp in MiB. It is memory, and counts as the container's. Only with a read-only root. */
  readonly tmpMib: number;
  /** Processes and threads; 0 is unlimited. */
  readonly pidsMax: number;
  /** Open files of each process. */
  readonly openFilesMax: number;
  /** A small first process that passes signals on and buries children. Off for images that bring one themselves. */
  readonly hasInit: boolean;
  /**
   * `app`: the containers of an app share a network, and reach the outside. Otherwise the engine's network mode: `none`
   * leaves a function its own loopback and nothing else, `bridge` is the engine's own, and a name one that is there.
   */
  readonly network: string;
  /** The engine's log driver. Calls have their own log, so that the engine's is off. */
  readonly logDriver: string;
}

export const HARDENED: Hardening = {
  user: "1000:1000",
  isUnprivileged: true,
  isRootReadOnly: true,
  tmpMib: 64,
  // A runtime such as Node has a dozen threads; this leaves room for children, and none for a fork bomb.
  pidsMax: 128,
  openFilesMax: 1024,
  // It takes no time that can be measured.
  hasInit: true,
  // The quickest, too. From create to the first byte, of a static program on two cores: 105 ms with `app`, 225 ms
  // with `none` and 318 ms in a bridge network, since the kernel makes a namespace for each of the other two.
  network: "app",
  logDriver: "none",
};

/** What a container is made from, besides its spec. */
export interface ContainerSource {
  /** As the engine knows it. */
  readonly engineImage: string;
  /** Instead of the image's own. */
  readonly command?: readonly string[];
  readonly workingDir?: string;
  /** Paths of this machine, seen by the function under the same names and read-only. */
  readonly readOnlyPaths?: readonly string[];
}

/** Where a function with channel `socket` listens, and the directory it needs for that. */
export const SOCKET_DIR = "/tmp/iofs";

const BYTES_PER_MIB = 1024 * 1024;
const CPU_PERIOD_US = 100_000;
/** The smallest quota the kernel takes: 1 ms per period. Source: Documentation/scheduler/sched-bwc. */
const CPU_QUOTA_US_MIN = 1_000;
/** What a container has by default, and so what one whole cpu weighs. The kernel takes 2 to 262144. */
const SHARES_PER_CPU = 1024;
const SHARES_MIN = 2;
const SHARES_MAX = 262_144;
const HOSTNAME_CHARACTERS_MAX = 63;

/** What a container is given by its driver. */
export interface ContainerPlace {
  readonly labels: Readonly<Record<string, string>>;
  /** The engine's network mode. */
  readonly networkMode: string;
  /** This machine's directory for the function's socket. */
  readonly socketDir: string | undefined;
}

/** The engine's request for a container. */
export function createOptions(
  spec: ContainerSpec,
  source: ContainerSource,
  hardening: Hardening,
  place: ContainerPlace,
): ContainerCreateOptions {
  const isStdio = spec.channel === "stdio";
  const listener = place.socketDir === undefined ? {} : { FN_LISTENER: `unix:${SOCKET_DIR}/lsnr.sock` };
  const env = { ...spec.env, HOSTNAME: spec.hostname, ...listener };
  const mounts = (source.readOnlyPaths ?? []).map((path) => bind(path, path, true));
  if (place.socketDir !== undefined) mounts.push(bind(place.socketDir, SOCKET_DIR, false));
  return {
    name: spec.id,
    Image: source.engineImage,
    ...(source.command ? { Entrypoint: [], Cmd: [...source.command] } : {}),
    ...(source.workingDir === undefined ? {} : { WorkingDir: source.workingDir }),
    ...(hardening.user === undefined ? {} : { User: hardening.user }),
    // A container that shares another's network has its name too.
    ...(place.networkMode.startsWith("container:") ? {} : { Hostname: hostnameOf(spec.hostname) }),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...place.labels },
    // It would keep the engine busy, and nobody asks how it went: a call shows that better.
    Healthcheck: { Test: ["NONE"] },
    OpenStdin: isStdio,
    StdinOnce: isStdio,
    AttachStdin: isStdio,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      ...limits(spec),
      ...restrictions(hardening),
      NetworkMode: place.networkMode,
      Mounts: mounts,
    },
  };
}

function limits({ memoryMib, cpusMilli }: ContainerSpec): ContainerCreateOptions["HostConfig"] {
  const memoryBytes = memoryMib * BYTES_PER_MIB;
  // Equal numbers mean no swap: a function that swaps would miss its deadlines and slow all others down.
  const memory = { Memory: memoryBytes, MemorySwap: memoryBytes };
  if (cpusMilli === 0) return memory;
  return {
    ...memory,
    CpuPeriod: CPU_PERIOD_US,
    CpuQuota: Math.max(Math.round((cpusMilli * CPU_PERIOD_US) / 1000), CPU_QUOTA_US_MIN),
    CpuShares: Math.min(Math.max(Math.round((cpusMilli * SHARES_PER_CPU) / 1000), SHARES_MIN), SHARES_MAX),
  };
}

function restrictions(hardening: Hardening): ContainerCreateOptions["HostConfig"] {
  const { openFilesMax, tmpMib } = hardening;
  return {
    Init: hardening.hasInit,
    LogConfig: { Type: hardening.logDriver, Config: {} },
    ReadonlyRootfs: hardening.isRootReadOnly,
    ...(hardening.isRootReadOnly ? { Tmpfs: { "/tmp": `size=${tmpMib}m,mode=1777` } } : {}),
    ...(hardening.isUnprivileged ? { CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges"] } : {}),
    ...(hardening.pidsMax === 0 ? {} : { PidsLimit: hardening.pidsMax }),
    Ulimits: [{ Name: "nofile", Soft: openFilesMax, Hard: openFilesMax }],
  };
}

function bind(source: string, target: string, isReadOnly: boolean): MountSettings {
  return { Type: "bind", Source: source, Target: target, ReadOnly: isReadOnly };
}

/** A name that the kernel and resolvers take: letters, digits, hyphens and dots (RFC 1123). */
function hostnameOf(name: string): string {
  const valid = name.replace(/[^a-zA-Z0-9.-]/g, "-").slice(0, HOSTNAME_CHARACTERS_MAX);
  return valid.replace(/^[.-]+|[.-]+$/g, "") || "node";
}
