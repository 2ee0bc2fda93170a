import { readFileSync } from "node:fs";
import { availableParallelism, freemem, hostname, platform } from "node:os";
import { type MemoryReading, memoryCapacityMib } from "../agent/memory-capacity.ts";

const MIB = 1024 * 1024;

/** What this machine has for containers. */
export interface Machine {
  readonly hostname: string;
  readonly cores: number;
  /** What its processes may use of them, in thousandths of a cpu. */
  readonly cpusMilli: number;
  /** Memory that containers may have in all, in MiB; 0 when there is less than the headroom. */
  readonly memoryMib: number;
}

export function readMachine(): Machine {
  const memory = readMemory();
  return {
    hostname: hostname(),
    cores: availableParallelism(),
    cpusMilli: Math.min(availableParallelism() * 1000, cpuLimitMilli()),
    memoryMib: memoryCapacityMib(memory.availableMib, memory),
  };
}

/** What the machine has now. */
export function readMemory(): MemoryReading {
  return { availableMib: availableMemoryMib(), limitMib: memoryLimitMib() };
}

/** What the kernel could give without swapping. */
function availableMemoryMib(): number {
  const text = platform() === "linux" ? readText("/proc/meminfo") : undefined;
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(text ?? "")?.[1];
  return kib === undefined ? freemem() / MIB : Number(kib) / 1024;
}

/** The limit of the control group this process is in; infinite when there is none. */
function memoryLimitMib(): number {
  const v2 = readText("/sys/fs/cgroup/memory.max");
  const v1 = readText("/sys/fs/cgroup/memory/memory.limit_in_bytes");
  // "max" in version 2 and a number near 2^63 in version 1 both mean that there is no limit.
  const bytes = Number.parseInt((v2 ?? v1 ?? "").trim(), 10);
  return Number.isNaN(bytes) ? Number.POSITIVE_INFINITY : bytes / MIB;
}

/** The quota of the control group this process is in; infinite when there is none. */
function cpuLimitMilli(): number {
  const v2 = readText("/sys/fs/cgroup/cpu.max")?.trim().split(" ");
  const v1 = ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map((name) => readText(`/sys/fs/cgroup/cpu/${name}`));
  const [quotaUs, periodUs] = (v2 ?? v1).map((text) => Number.parseInt(text ?? "", 10));
  // "max" in version 2 and -1 in version 1 both mean that there is no limit.
  const hasLimit = quotaUs !== undefined && periodUs !== undefined && quotaUs > 0 && periodUs > 0;
  return hasLimit ? Math.floor((1000 * quotaUs) / periodUs) : Number.POSITIVE_INFINITY;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
