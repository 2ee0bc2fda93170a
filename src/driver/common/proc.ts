/** What Linux tells of processes in /proc. Elsewhere there is nothing to read, and every question is answered so. */
import { readdir, readFile } from "node:fs/promises";

/**
 * When a process started, in clock ticks since the machine did: with its pid, this tells it from any other.
 * Undefined when there is none, or only its exit status is left.
 */
export async function startTicksOf(pid: number): Promise<string | undefined> {
  const stat = await read(`/proc/${pid}/stat`);
  // The second field, the name, stands in parentheses and may hold anything; the rest is plain. Source: proc_pid_stat(5).
  const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === "Z" || state === "X" ? undefined : rest[18];
}

/** Processes that were started with a variable (`NAME=value`) that `matches`. */
export async function pidsWithVariable(matches: (variable: string) => boolean): Promise<number[]> {
  const pids = (await list("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: number[] = [];
  // One after another: a machine has thousands, and nobody waits for this.
  for (const pid of pids) {
    const variables = await read(`/proc/${pid}/environ`);
    if (variables.split("\0").some(matches)) found.push(pid);
  }
  return found;
}

/** Empty when the process has gone, or is somebody else's. */
function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

function list(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}
