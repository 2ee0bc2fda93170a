import { join } from "node:path";
import { CommandError, type Io } from "../common/io.ts";
import { Child } from "./child.ts";
import { type ClusterOptions, makeFolder } from "./cluster.ts";
import { type Run, RunFile } from "./run-file.ts";

/**
 * Starts the cluster below a process of its own, which goes on when this one ends, and returns when it is ready. Errors:
 * `CommandError` with the reason of that process when it cannot.
 */
export async function startDetached(io: Io, options: ClusterOptions): Promise<Run> {
  makeFolder(options.dataDir);
  const child = new Child({
    title: "fn start",
    program: "fn",
    args: argumentsFor(options),
    env: options.env,
    logFile: join(options.dataDir, "fn-start.log"),
  });
  try {
    await child.ready();
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error);
    throw new CommandError(sentence.replace(/^.*?ERROR: /, ""));
  }
  child.release();
  const run = new RunFile(io.env).read();
  if (run) return run;
  throw new CommandError("it has ended as soon as it was ready");
}

function argumentsFor(options: ClusterOptions): string[] {
  const { nodeCount, port, dataDir, functionsRoot, driver, logLevel } = options;
  const given = { driver, "log-level": logLevel };
  const always = { nodes: nodeCount, port, data: dataDir, "functions-root": functionsRoot };
  const pairs = Object.entries({ ...always, ...given }).filter(([, value]) => value !== undefined);
  return ["start", ...pairs.map(([name, value]) => `--${name}=${value}`)];
}
