import {
  chmodSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  rmdirSync,
  statfsSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import type { Logger } from "pino";
import { type Clock, within } from "../../clock/clock.ts";
import { SOCKET_NAME, type WorkDir } from "../common/work-dir.ts";
import { SOCKET_DIR, SOCKET_DIR_MIB, type SocketMount } from "./create-options.ts";
import { inspect, startError } from "./engine.ts";

const BYTES_PER_MIB = 1024 * 1024;
/** TMPFS_MAGIC. Source: statfs(2). */
const TMPFS = 0x01021994;

/** A busy engine takes most of a second to notice that a container has ended. */
const END_WAIT_MS = 2_000;

/**
 * The directories in which functions put their sockets. Each is in memory, small, counted as its container's and gone
 * with it, so that no function can fill the disk of this machine. This process gets there through `/proc`, as the
 * container's first process sees it.
 *
 * That needs the rights to look (root has them) and an engine whose processes are seen here. Where the first container
 * runs and cannot be looked into, the directories are on disk from then on, shared with the container and without a
 * limit.
 */
export class SocketDirs {
  readonly engine: Docker;
  readonly workDir: WorkDir;
  readonly clock: Clock;
  readonly #log: Logger;
  #areInMemory = true;
  #isProven = false;

  constructor({ engine, workDir, clock, log }: SocketDirsOptions) {
    this.engine = engine;
    this.workDir = workDir;
    this.clock = clock;
    this.#log = log;
  }

  get areInMemory(): boolean {
    return this.#areInMemory;
  }

  /** One for a container that is not there yet. Errors: `container_start_failed`. */
  make(): SocketDir {
    return new SocketDir(this);
  }

  /** This process has looked into a container, so that it can look into others. */
  prove(): void {
    this.#isProven = true;
  }

  /** A container runs, and this process cannot look into it. True when none of them could be looked into. */
  giveUpMemory(cause: unknown): boolean {
    if (this.#isProven) return false;
    if (this.#areInMemory) {
      this.#log.debug({ cause }, "cannot look into containers, so the directories of sockets are on disk");
    }
    this.#areInMemory = false;
    return true;
  }
}

export interface SocketDirsOptions {
  readonly engine: Docker;
  readonly workDir: WorkDir;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A container must be made anew, with a directory on disk: this process cannot look into it. */
export class OutOfReach extends Error {
  override readonly name = "OutOfReach";
}

/**
 * The directory of one container's socket, which has one path on this machine whatever is behind it:
 *
 *     empty ──open──► a link into the container's memory, or still what it shares with it on disk ──remove──► gone
 *
 * A path of its own, since a number of an open file is soon that of another one.
 */
export class SocketDir {
  readonly path: string;
  readonly #dirs: SocketDirs;
  #mount: SocketMount | undefined;
  /** Keeps the container's directory, and no other, behind `path`. */
  #fd: number | undefined;
  #isRemoved = false;

  constructor(dirs: SocketDirs) {
    this.#dirs = dirs;
    this.path = makeDir(dirs.workDir);
  }

  get socketPath(): string {
    return join(this.path, SOCKET_NAME);
  }

  /** What a container that is made now is to have. */
  mount(): SocketMount {
    this.#mount = this.#dirs.areInMemory ? { type: "tmpfs" } : { type: "bind", source: this.path };
    return this.#mount;
  }

  /**
   * Once the container has started: what it puts into its directory is at `path` from now on. One that has ended by
   * then puts nothing there. Throws `OutOfReach`, and what the engine says.
   */
  async open(id: string): Promise<void> {
    if (this.#mount?.type !== "tmpfs") return;
    const { engine, clock } = this.#dirs;
    const { Id, State } = await inspect(engine, id, clock);
    if (!State.Running || this.#isRemoved) return;
    try {
      this.#link(Id, State.Pid);
      this.#dirs.prove();
    } catch (cause) {
      // One that has just ended says nothing of others; the engine may not know of that yet.
      if (await within(clock, END_WAIT_MS, engine.getContainer(id).wait())) return;
      if (this.#dirs.giveUpMemory(cause)) throw new OutOfReach("cannot look into the container", { cause });
      throw cause;
    }
  }

  /** Rejects when it cannot be removed. May be called twice. */
  async remove(): Promise<void> {
    this.#isRemoved = true;
    try {
      await this.#dirs.workDir.removeContainerDir(this.path);
    } finally {
      if (this.#fd !== undefined) closeSync(this.#fd);
      this.#fd = undefined;
    }
  }

  #link(containerId: string, pid: number): void {
    const fd = openSync(
      `/proc/${pid}/root${SOCKET_DIR}`,
      constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
    );
    try {
      const link = `/proc/self/fd/${fd}`;
      // By a pid of another namespace, or one that was given away again meanwhile, some other folder would be found.
      const cgroup = readFileSync(`/proc/${pid}/cgroup`, "utf8");
      if (!cgroup.includes(containerId)) throw new Error(`process ${pid} is not the container's`);
      const { type, blocks, bsize } = statfsSync(link);
      if (type !== TMPFS || blocks * bsize !== SOCKET_DIR_MIB * BYTES_PER_MIB) {
        throw new Error("what is there is not the directory that the engine has made");
      }
      rmdirSync(this.path);
      symlinkSync(link, this.path);
      this.#fd = fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }
}

function makeDir(workDir: WorkDir): string {
  try {
    const dir = workDir.makeContainerDir();
    // Where it is shared, the function runs as another user. Nobody else gets here: the folder above is the server's.
    chmodSync(dir, 0o777);
    return dir;
  } catch (cause) {
    throw startError(cause, "the work folder cannot be written");
  }
}
