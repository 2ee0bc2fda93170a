/** The programs that `npm start` runs as its parts: each a process of its own, with its log in a file. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
/** Where `bin/launch` keeps it, too. */
const compileCache = fileURLToPath(new URL("../../node_modules/.cache/node", import.meta.url));

export interface ChildOptions {
  /** What it is called in messages: `node 8082`. */
  readonly title: string;
  /** `fnserver` or `fnlb`. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
}

/** One running program. */
export class Child {
  readonly title: string;
  /** Resolves with a sentence about how it ended. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;

  constructor({ title, program, args, env, logFile }: ChildOptions) {
    this.title = title;
    const logFd = openSync(logFile, "w");
    // A process group of its own: Ctrl-C reaches only the parent, which then stops its parts in order. Should the
    // parent be killed, the closing IPC channel tells them.
    this.#process = spawn(process.execPath, [join(here, `${program}.ts`), ...args], {
      stdio: ["ignore", logFd, logFd, "ipc"],
      detached: true,
      env: { NODE_COMPILE_CACHE: compileCache, ...process.env, ...env },
    });
    closeSync(logFd);
    this.ended = once(this.#process, "exit").then(
      ([code, signal]) => `${title} ended (${signal ?? `exit code ${code}`}): ${lastLine(logFile)}`,
      (error) => `${title} could not be started: ${error.message}`,
    );
  }

  /** Resolves when the program says that it is ready; rejects when it ends before. */
  async ready(): Promise<void> {
    const ready = once(this.#process, "message");
    const failed = this.ended.then((sentence) => {
      throw new Error(sentence);
    });
    await Promise.race([ready, failed]);
  }

  /** Asks it to stop; a second time, to end at once. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.ended;
  }
}

/** What the program said last: its reason, in most cases. */
function lastLine(logFile: string): string {
  try {
    const line = readFileSync(logFile, "utf8").trimEnd().split("\n").at(-1) ?? "";
    return line === "" ? `see ${logFile}` : line;
  } catch {
    return "its log is gone";
  }
}
