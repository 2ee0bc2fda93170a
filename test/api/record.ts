/**
 * Records the transcripts beside this file anew, on SQLite; or those whose names are given:
 *
 *     node test/api/record.ts v1-apps async
 *
 * What changed is then in `git diff`, to be compared with what is promised: the test compares with nothing else.
 */
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { lastInFirstOut } from "../support/postgres.ts";
import { files, readTranscript, startNodeOf } from "./node.ts";
import { play } from "./player.ts";
import { type Exchange, type Transcript, transcriptText } from "./transcript.ts";

const names = process.argv.slice(2);
for (const file of files) {
  if (names.length === 0 || names.includes(basename(file, ".txt"))) await record(file);
}

async function record(file: string): Promise<void> {
  const undos: (() => void | Promise<void>)[] = [];
  const owner = lastInFirstOut({ after: (undo) => void undos.push(undo) });
  try {
    const transcript = readTranscript(file);
    const { url } = await startNodeOf(owner, transcript);
    const played: Exchange[] = [];
    for await (const exchange of play(transcript, url)) played.push(exchange);
    writeFileSync(file, transcriptText(withAnswers(transcript, played)));
    console.log(`${basename(file)}: ${played.length} requests`);
  } finally {
    for (const undo of undos) await undo();
  }
}

function withAnswers({ blocks }: Transcript, played: readonly Exchange[]): Transcript["blocks"] {
  const answered = played.values();
  return blocks.map((block) => (block.kind === "prose" ? block : (answered.next().value ?? block)));
}
