import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { isJsonObject } from "../../model/json.ts";
import type { Environment } from "../common/io.ts";
import { type ProgramName, programFile } from "../common/programs.ts";

export interface ChildOptions {
  /** What it is called in messages: `node 8082`. */
  readonly title: string;
  readonly program: ProgramName;
  readonly args: readonly string[];
  readonly env: Environment;
  /** Where its output goes, from the beginning. */
  readonly logFile: string;
}

/** One running program of this package, with its log in a file. */
export class Child {
  readonly title: string;
  /** Resolves with a sentence about how it ended. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;

  constructor({ title, program, args, env, logFile }: ChildOptions) {
    this.title = title;
    const logFd = openSync(logFile, "w", 0o600);
    // A process group of its own: Ctrl-C reaches only the parent, which then stops its parts in order. Should the
    // parent be killed, the closing IPC channel tells them.
    this.#process = spawn(process.execPath, [programFile(program), ...args], {
      stdio: ["ignore", logFd, logFd, "ipc"],
      detached: true,
      env,
    });
    closeSync(logFd);
    this.ended = once(this.#process, "exit").then(
      ([code, signal]) => `${title} ended (${signal ?? `exit code ${code}`}): ${reasonIn(logFile, program)}`,
      (error) => `${title} could not be started: ${error.message}`,
    );
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Resolves with its message that it is ready; rejects when it ends before. */
  async ready(): Promise<unknown> {
    const ready = once(this.#process, "message").then(([message]) => message);
    const failed = this.ended.then((sentence) => {
      throw new Error(sentence);
    });
    return await Promise.race([ready, failed]);
  }

  /** As `ready`, for a program that listens: resolves with its port. */
  async readyPort(): Promise<number> {
    const message = await this.ready();
    const port = isJsonObject(message) ? message.readyOnPort : undefined;
    if (typeof port === "number") return port;
    throw new Error(`${this.title} does not say where it listens`);
  }

  /** Asks it to stop; a second time, to end at once. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.ended;
  }

  /** Goes on without this process: neither waits for the other any more. */
  release(): void {
    this.#process.disconnect();
    this.#process.unref();
  }
}

/** A program that cannot start says why in a line that begins with its name; else what it said last is nearest to a reason. */
function reasonIn(logFile: string, program: ProgramName): string {
  try {
    const lines = readFileSync(logFile, "utf8").trimEnd().split("\n");
    return lines.findLast((line) => line.startsWith(`${program}: `)) ?? (lines.at(-1) || `see ${logFile}`);
  } catch {
    return "its log is gone";
  }
}
