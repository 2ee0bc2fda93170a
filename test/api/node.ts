/** The transcripts beside this file, and the node that answers each. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type NodeRig, type Owner, startNode } from "../support/programs.ts";
import { parseTranscript, type Transcript } from "./transcript.ts";

export const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".txt"))
  .toSorted()
  .map((name) => join(import.meta.dirname, name));

export function readTranscript(file: string): Transcript {
  return parseTranscript(readFileSync(file, "utf8"));
}

/** With an empty database, and functions of `test/functions`. `dbUrl`: an SQLite file if absent. */
export async function startNodeOf(t: Owner, { nodeArgs }: Transcript, dbUrl?: string): Promise<NodeRig> {
  // The last one of two equal flags counts.
  const args = [...(dbUrl === undefined ? [] : ["-db", dbUrl]), ...nodeArgs];
  return await startNode(t, { args, env: { FN_SECRETS_KEY: Buffer.alloc(32, "s").toString("base64") } });
}
