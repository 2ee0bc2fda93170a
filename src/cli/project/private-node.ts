/** A node for one command: in memory, on a port of its own of this machine, gone when the command ends. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiClient } from "../api/api-client.ts";
import { CommandError, type Environment } from "../common/io.ts";
import type { Tools } from "../common/tools.ts";
import { Child } from "../server/child.ts";
import { makePlan } from "./plan.ts";
import type { Project } from "./project.ts";

/** The app in which functions run that belong to none. */
export const PRIVATE_APP = "local";

/**
 * Runs a function's folder, as it is, on a node of its own while `work` goes on, which is handed the node's API. `image` is
 * what runs if it is not the folder. Gives undefined when Ctrl-C comes first. Errors: `CommandError` when the node cannot be
 * started.
 */
export async function withPrivateNode<T>(
  tools: Tools,
  project: Project,
  image: string | undefined,
  work: (api: ApiClient) => Promise<T>,
): Promise<T | undefined> {
  const dir = await mkdtemp(join(tmpdir(), "fn-"));
  const node = startNode(tools, dir, image === undefined ? "process" : "docker");
  const stopped = new AbortController();
  // Whoever is interrupted leaves no node behind.
  const interrupted = once(process, "SIGINT", { signal: stopped.signal }).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([interrupted, runOn(node, project, image, work)]);
  } finally {
    stopped.abort();
    await node.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function runOn<T>(
  node: Child,
  project: Project,
  image: string | undefined,
  work: (api: ApiClient) => Promise<T>,
): Promise<T> {
  const port = await node.readyPort().catch((error: unknown) => {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  });
  const api = new ApiClient(new URL(`http://127.0.0.1:${port}/`));
  const plan = await makePlan(api, PRIVATE_APP, project, image ?? `dir:${project.file.folder}`);
  await plan.apply();
  return await work(api);
}

function startNode({ io }: Tools, dir: string, driver: "process" | "docker"): Child {
  const args = [
    ...["-host", "127.0.0.1", "-port", "0", "-driver", driver, "-functions-root", "/"],
    ...["-db", "sqlite3://:memory:", "-iofs-path", join(dir, "io"), "-log-level", "error"],
    // One debugger has room on its port; and more than one call at a time nobody makes.
    ...["-max-containers-per-function", "1", "-shutdown-timeout", "0"],
  ];
  return new Child({
    title: "the node for this command",
    program: "fnserver",
    args,
    env: withoutSettings(io.env),
    logFile: join(dir, "log"),
  });
}

/** The user's own environment, without what is meant for other nodes. */
function withoutSettings(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("FN_")));
}
