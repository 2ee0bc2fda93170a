/** For tests: a Docker engine that can be stopped and started, beside the one of the machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PROGRAMS = ["/usr/sbin/dockerd", "/usr/bin/unshare", "/usr/sbin/ip"];

/** Why tests with an engine of their own are skipped; false when they run. Where everything is required they run. */
export function skipWithoutOwnEngine(): string | false {
  if (process.env.CI_REQUIRE_ALL === "true") return false;
  if (process.getuid?.() !== 0) return "only root can start a Docker engine";
  const missing = PROGRAMS.find((path) => !isExecutable(path));
  return missing === undefined ? false : `there is no ${missing} to start a Docker engine with`;
}

export interface OwnEngine {
  readonly dockerHost: string;
  /** Resolves when it answers. */
  start(): Promise<void>;
  /** Its containers end with it. */
  stop(): Promise<void>;
  /** While it is stopped: it forgets all that it had. */
  forget(): Promise<void>;
  /** Stops it, if it runs, and removes all that it had. */
  remove(): Promise<void>;
}

export async function makeOwnEngine(): Promise<OwnEngine> {
  const dir = await mkdtemp(join(tmpdir(), "engine-"));
  const dockerHost = `unix://${dir}/docker.sock`;
  const flags = ["--data-root", "data", "--exec-root", "exec", "--pidfile", "pid"].map((word) =>
    word.startsWith("--") ? word : join(dir, word),
  );
  let engine: ChildProcess | undefined;

  const stop = async () => {
    if (!engine || engine.exitCode !== null || engine.signalCode !== null) return;
    const stopped = once(engine, "exit");
    engine.kill("SIGTERM");
    await stopped;
  };
  const forget = async () => {
    await rm(join(dir, "data"), { recursive: true, force: true });
  };
  return {
    dockerHost,
    async start() {
      await mkdir(join(dir, "exec"), { recursive: true });
      // In namespaces of its own, it neither takes the bridge of the machine's engine nor leaves mounts behind.
      const program = `ip link set lo up && exec dockerd "$@" 2>&1`;
      const engineFlags = [...flags, "--host", dockerHost, "--shutdown-timeout", "5"];
      const command = ["--net", "--mount", "sh", "-c", program, "sh", ...engineFlags];
      engine = spawn("unshare", command, { stdio: ["ignore", "pipe", "ignore"] });
      await untilReady(engine);
    },
    stop,
    forget,
    async remove() {
      await stop();
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** An engine says so in its log, which is read to its end. */
async function untilReady(engine: ChildProcess): Promise<void> {
  const lines: string[] = [];
  const ready = Promise.withResolvers<void>();
  // `stdout` is a pipe, as it was spawned with one.
  const log = createInterface({ input: engine.stdout as NodeJS.ReadableStream });
  log.on("line", (line) => {
    lines.push(line);
    if (line.includes("API listen on")) ready.resolve();
  });
  log.on("close", () => ready.reject(new Error(`the engine has ended: ${lines.slice(-3).join("\n")}`)));
  await ready.promise;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
