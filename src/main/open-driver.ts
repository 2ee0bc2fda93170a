/** Chooses and opens what runs the containers of a node. */
import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { systemClock } from "../clock/clock.ts";
import { systemRandom } from "../clock/random.ts";
import type { Hardening } from "../driver/docker/create-options.ts";
import type { OnEngineCall } from "../driver/docker/engine-calls.ts";
import type { Driver } from "../driver/driver.ts";
import { createProcessDriver } from "../driver/process/driver.ts";

/** What can be asked for: `auto` is Docker where an engine answers, else processes. */
export const DRIVER_CHOICES = ["auto", "process", "docker"] as const;
export type DriverChoice = (typeof DRIVER_CHOICES)[number];

export interface OpenDriverOptions {
  readonly choice: DriverChoice;
  readonly functionsRoot: string;
  readonly workDir: string;
  /** The name of the node, by which people tell its containers from others. */
  readonly nodeName: string;
  readonly hardening: Partial<Hardening>;
  /** Told of each call to a Docker engine that is over. */
  readonly onEngineCall?: OnEngineCall;
  readonly log: Logger;
}

/** Compiled where this file is compiled. */
const kitPath = fileURLToPath(new URL(`../kit/main${extname(import.meta.url)}`, import.meta.url));

export async function openDriver(options: OpenDriverOptions): Promise<Driver> {
  const { choice, functionsRoot, workDir, nodeName, log } = options;
  const common = { functionsRoot, workDir, nodePath: process.execPath, kitPath, clock: systemClock, log };
  if (choice === "process") return await createProcessDriver(common);

  // A node that runs processes does without the library.
  const { createDockerDriver, isEngineThere } = await import("../driver/docker/driver.ts");
  const engine = process.env.DOCKER_HOST ? { dockerHost: process.env.DOCKER_HOST } : {};
  const isThere = await isEngineThere(engine);
  if (choice === "auto" && !isThere) return await createProcessDriver(common);
  if (!isThere) {
    throw new Error(
      "no Docker engine answers. Start one, name it with DOCKER_HOST, or use -driver process (FN_DRIVER=process).",
    );
  }
  const dockerConfig = readDockerConfig();
  return await createDockerDriver({
    ...common,
    ...engine,
    ...(dockerConfig === undefined ? {} : { dockerConfig }),
    instance: nodeName,
    hardening: options.hardening,
    ...(options.onEngineCall ? { onEngineCall: options.onEngineCall } : {}),
    random: systemRandom,
  });
}

/** Credentials of registries, from where Fn and Docker look for them, in this order. */
function readDockerConfig(): string | undefined {
  const { DOCKER_AUTH, DOCKER_CONFIG, HOME } = process.env;
  if (DOCKER_AUTH) return DOCKER_AUTH;
  const folder = DOCKER_CONFIG ?? (HOME === undefined ? undefined : join(HOME, ".docker"));
  const path = folder === undefined ? undefined : join(folder, "config.json");
  return path !== undefined && existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
