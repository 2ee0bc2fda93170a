import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";

/** Writes a file whole or not at all: beside its place, under a name that nobody reads, and then there. */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString("hex")}~`;
  try {
    await writeFile(beside, text, { mode, flush: true });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
