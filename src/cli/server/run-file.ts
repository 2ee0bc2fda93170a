import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isJsonObject } from "../../model/json.ts";
import { CommandError, type Environment } from "../common/io.ts";
import { isRunning } from "./process-identity.ts";

/** A process that must not be taken for a later one with its pid. */
export interface KnownProcess {
  readonly pid: number;
  /** `processIdentity` of its life. */
  readonly identity: string;
}

export interface RunMember extends KnownProcess {
  readonly title: string;
  /** `host:port` */
  readonly address: string;
}

/** What `fn start` runs: the process that holds it together, and the programs below that. */
export interface Run extends KnownProcess {
  /** Of this program. */
  readonly version: string;
  /** RFC 3339 */
  readonly since: string;
  readonly dataDir: string;
  /** What callers talk to: `host:port`; empty until it is ready. */
  readonly address: string;
  readonly nodes: readonly RunMember[];
  readonly balancer?: RunMember;
}

/** `~/.fn/run.json`, which says what `fn start` runs: one run at a time for each user. */
export class RunFile {
  readonly #path: string;

  /** Errors: `CommandError` without a home. */
  constructor({ HOME }: Environment) {
    if (!HOME) throw new CommandError("HOME is not set, so there is no place to note what runs");
    this.#path = join(HOME, ".fn", "run.json");
  }

  /** The run that goes on; undefined when there is none, or what is noted has ended. */
  read(): Run | undefined {
    const run = this.#parse();
    return run && isRunning(run) ? run : undefined;
  }

  /** Notes a run that begins. Errors: `CommandError` when another one goes on. */
  claim(run: Run): void {
    const other = this.read();
    if (other) {
      const where = other.address === "" ? "is starting" : `runs at http://${other.address}`;
      throw new CommandError(`one ${where} already (process ${other.pid}): end it with 'fn stop'`);
    }
    rmSync(this.#path, { force: true });
    const beside = this.#writeBeside(run);
    try {
      // Unlike a rename it fails when somebody else was quicker.
      linkSync(beside, this.#path);
    } catch {
      throw new CommandError("another 'fn start' began at the same moment: see 'fn status'");
    } finally {
      rmSync(beside, { force: true });
    }
  }

  /** Changes what is noted of a run that was claimed. */
  update(run: Run): void {
    renameSync(this.#writeBeside(run), this.#path);
  }

  /** Forgets this run, if it is the one that is noted. */
  release({ pid, identity }: KnownProcess): void {
    const run = this.#parse();
    if (run?.pid === pid && run.identity === identity) rmSync(this.#path, { force: true });
  }

  #writeBeside(run: Run): string {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const beside = `${this.#path}.${randomBytes(6).toString("hex")}`;
    writeFileSync(beside, `${JSON.stringify(run, undefined, 2)}\n`, { mode: 0o600 });
    return beside;
  }

  /** What is no run, such as the file of a later version, is none. */
  #parse(): Run | undefined {
    try {
      const value: unknown = JSON.parse(readFileSync(this.#path, "utf8"));
      return isRun(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }
}

function isRun(value: unknown): value is Run {
  if (!isKnownProcess(value)) return false;
  const { version, since, dataDir, address, nodes, balancer } = value;
  const areTexts = [version, since, dataDir, address].every((each) => typeof each === "string");
  const members = [nodes, balancer === undefined ? [] : [balancer]].flat();
  return areTexts && Array.isArray(nodes) && members.every(isMember);
}

function isMember(value: unknown): value is RunMember {
  return isKnownProcess(value) && typeof value.title === "string" && typeof value.address === "string";
}

/** A pid of zero or less is no process but a group of them. */
function isKnownProcess(value: unknown): value is KnownProcess & Record<string, unknown> {
  return (
    isJsonObject(value) &&
    Number.isSafeInteger(value.pid) &&
    Number(value.pid) > 0 &&
    typeof value.identity === "string"
  );
}
