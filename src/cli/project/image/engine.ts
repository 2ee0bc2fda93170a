import Docker from "dockerode";
import { isJsonObject } from "../../../model/json.ts";
import { CommandError } from "../../common/io.ts";
import type { Progress } from "./progress.ts";

/** The Docker engine that DOCKER_HOST names, or that of this machine. Errors: `CommandError` when none answers. */
export async function connectEngine(): Promise<Docker> {
  const engine = new Docker();
  try {
    await engine.ping();
    return engine;
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? error.code : error;
    throw new CommandError(
      `no Docker engine answers (${reason}): start one or name it with DOCKER_HOST; a node with the process driver needs none`,
    );
  }
}

/** Reads what an engine tells of its work, to the end. Errors: `CommandError` with the engine's own words. */
export async function follow(stream: NodeJS.ReadableStream, progress: Progress): Promise<void> {
  let text = "";
  // A character may come in two parts.
  stream.setEncoding("utf8");
  try {
    for await (const part of stream) {
      const lines = (text + String(part)).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) tell(line, progress);
    }
    tell(text, progress);
  } finally {
    progress.end();
  }
}

function tell(line: string, progress: Progress): void {
  if (line.trim() === "") return;
  const event: unknown = JSON.parse(line);
  if (!isJsonObject(event)) return;
  if (typeof event.error === "string") throw new CommandError(event.error.trim());
  progress.add(event);
}
