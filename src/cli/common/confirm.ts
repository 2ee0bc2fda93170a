import { createInterface } from "node:readline/promises";
import type { Io } from "./io.ts";

/** Asks on the terminal; anything but yes is no. */
export async function confirm({ stdin, stderr }: Io, question: string): Promise<boolean> {
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
