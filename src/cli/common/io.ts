import type { Readable, Writable } from "node:stream";
import type { Clock } from "../../clock/clock.ts";

/** What surrounds a command: handed in, so that tests can stand in for a terminal and an environment. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** `FN_API_URL` and its like are read from here, `HOME`, and whatever `$NAME` a setting refers to. */
  readonly env: Environment;
  /** The current directory, absolute. */
  readonly cwd: string;
  readonly clock: Clock;
  /** Of this program. */
  readonly version: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The command failed; the message says why, in one sentence. Exit code 1. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
}

/** A server refused what it was asked for. Exit code 1. */
export class RefusedError extends CommandError {
  /** HTTP's, of its answer. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** The command was used in a way that it does not have. Exit code 2. */
export class UsageError extends CommandError {
  override readonly name = "UsageError";
}
