import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * What tells a process from a later one with the same pid: when it was started, and in which run of the machine. Undefined
 * when there is no such process, or it has ended and nobody has asked how.
 */
export function processIdentity(pid: number): string | undefined {
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

/** Whether it is that process which has this pid now. */
export function isRunning({ pid, identity }: { readonly pid: number; readonly identity: string }): boolean {
  return processIdentity(pid) === identity;
}

/** proc(5), /proc/pid/stat: behind the name, which may contain anything, come the state and, 19 further, the start in ticks. */
function fromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}/${fields[18]}`;
  } catch {
    return undefined;
  }
}

/** POSIX has no name for the time of the start, but all of its kind have this one. */
function fromPs(pid: number): string | undefined {
  const { status, stdout } = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
  return status === 0 && stdout.trim() !== "" ? stdout.trim() : undefined;
}
