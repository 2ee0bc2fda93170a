import { createInterface } from "node:readline/promises";
import { CommandError, type Io } from "./io.ts";

/**
 * Asks whether `what` (`app myapp`) may go with what is `inside` it (`functions`). Errors: `CommandError` when the answer is no,
 * and when nobody is there to ask.
 */
export async function confirmLosing(io: Io, what: string, inside: string): Promise<void> {
  if (!io.stdin.isTTY) {
    throw new CommandError(
      `${what} has ${inside}, which would be deleted with it: delete them, or use --force`,
    );
  }
  const isSure = await confirm(io, `${what} has ${inside}. Delete it with all of them?`);
  if (!isSure) throw new CommandError("nothing was deleted");
}

/** Asks on the terminal; anything but yes is no. */
async function confirm({ stdin, stderr }: Io, question: string): Promise<boolean> {
  const terminal = createInterface({ input: stdin, output: stderr });
  // The end of the input is an answer, too, but one that `question` does not give.
  const ended = new AbortController();
  terminal.once("close", () => ended.abort());
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal: ended.signal })).trim());
  } catch (error) {
    if (ended.signal.aborted) return false;
    throw error;
  } finally {
    terminal.close();
  }
}
