import { mkdirSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Logger } from "pino";
import { pidsWithVariable, startTicksOf } from "./proc.ts";

/**
 * Where a driver keeps the directories of its containers:
 *
 *     workDir/compile-cache/        what Node compiled for functions; shared by all, and kept
 *     workDir/PID-TICKS-XXXXXX/     one per driver; PID and TICKS name its server for good (see proc.ts)
 *       1/                          one per container, gone with it: HOME of its processes
 *         lsnr.sock                 with channel `socket`, made by the function
 *
 * A server that is killed with SIGKILL leaves its containers running. The next one that opens the same `workDir`
 * ends them: it knows them by their HOME, so neither a reused pid nor the containers of a living server are touched.
 */
export interface WorkDir {
  /** Where functions in JavaScript may keep what Node compiled for them, from one start to the next. */
  readonly cacheDir: string;
  /** Makes the empty directory of a container. Synchronous, so that nothing comes between this and its owner. */
  makeContainerDir(): string;
  /** Removes everything in it, and itself. */
  removeContainerDir(path: string): Promise<void>;
  close(): Promise<void>;
}

export const SOCKET_NAME = "lsnr.sock";

/** `sun_path` of a unix socket address holds 108 bytes, the last of which is zero. Source: unix(7). */
const SOCKET_PATH_BYTES_MAX = 107;

/** Function kits first listen on a name beside the socket's, longer than that: `lsnr.sock.tmp`, `phonylsnr.sock`. */
const SOCKET_NAME_ROOM_BYTES = 5;

/** Enough for 78 thousand million containers, numbered in base 36. */
const CONTAINER_NAME_BYTES_MAX = 7;

/** Each round finds what was forked during the round before. A function that forks faster than this goes on. */
const KILL_ROUNDS_MAX = 8;

/** Makes `path` if it is missing, and ends and removes what dead servers left in it. */
export async function openWorkDir(path: string, log: Logger): Promise<WorkDir> {
  const workDir = resolve(path);
  await mkdir(workDir, { recursive: true, mode: 0o700 });
  const startTicks = await startTicksOf(process.pid);
  // Without /proc it cannot be told whether a server still lives.
  if (startTicks !== undefined) await removeLeftOvers(workDir, log);

  const dir = await mkdtemp(join(workDir, `${process.pid}-${startTicks ?? 0}-`));
  const longest = join(dir, "x".repeat(CONTAINER_NAME_BYTES_MAX), SOCKET_NAME);
  const excess = Buffer.byteLength(longest) + SOCKET_NAME_ROOM_BYTES - SOCKET_PATH_BYTES_MAX;
  if (excess > 0) {
    await rm(dir, { recursive: true });
    const max = Buffer.byteLength(workDir) - excess;
    throw new Error(
      `The work folder '${workDir}' is too long: unix sockets in it need its path to have at most ${max} bytes.`,
    );
  }

  let containers = 0;
  return {
    cacheDir: join(workDir, "compile-cache"),
    makeContainerDir() {
      const containerDir = join(dir, (++containers).toString(36));
      mkdirSync(containerDir, { mode: 0o700 });
      return containerDir;
    },
    removeContainerDir: remove,
    close: () => remove(dir),
  };
}

async function removeLeftOvers(workDir: string, log: Logger): Promise<void> {
  for (const name of await readdir(workDir)) {
    const [, pid, startTicks] = /^(\d+)-(\d+)-\w{6}$/.exec(name) ?? [];
    if (pid === undefined || (await startTicksOf(Number(pid))) === startTicks) continue;
    const dir = join(workDir, name);
    const pids = await killAllOf(dir);
    if (pids.length > 0) log.warn({ pids }, "killed functions that a dead server left running");
    await remove(dir).catch((error: unknown) =>
      log.warn({ error, dir }, "cannot remove what a dead server left"),
    );
  }
}

/** Ends every process of the containers in `dir`, also those that left their process group. */
async function killAllOf(dir: string): Promise<number[]> {
  const killed = new Set<number>();
  for (let round = 0; round < KILL_ROUNDS_MAX; round++) {
    const found = await pidsWithVariable((variable) => variable.startsWith(`HOME=${dir}/`));
    const fresh = found.filter((pid) => !killed.has(pid));
    if (fresh.length === 0) break;
    for (const pid of fresh) {
      killed.add(pid);
      kill(pid);
    }
  }
  return [...killed];
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself meanwhile.
  }
}

/** Tries again while processes that have been killed, but are not gone yet, still make files. */
function remove(dir: string): Promise<void> {
  return rm(dir, { recursive: true, force: true, maxRetries: 3 });
}
