import { type Command, Option } from "commander";
import type { Config } from "../../model/app.ts";
import { FN_TYPES, FORMATS } from "../../model/fn.ts";
import type { FnSettings } from "../api/resources.ts";
import { type Environment, UsageError } from "../common/io.ts";
import { configOption, parseCount, parseNumber, secretOption } from "../common/options.ts";

/** The options that say what a function is and how it runs; all may be left out. */
export interface FnOptions {
  readonly image?: string;
  readonly memory?: number;
  readonly cpus?: string;
  readonly type?: string;
  readonly format?: string;
  readonly timeout?: number;
  readonly idleTimeout?: number;
  readonly retries?: number;
  readonly retryDelay?: number;
  readonly config?: Config;
  readonly secret?: Config;
}

/** Adds them to a command, whether its functions are made as such or as routes. */
export function addFnOptions(command: Command, env: Environment): Command {
  return command
    .option("-i, --image <image>", "what to run: NAME:TAG, or dir:PATH for a folder with a func.yaml")
    .option("-m, --memory <MiB>", "memory", parseCount)
    .option("--cpus <cpus>", "cpu time: 0.5 or 500m is half a cpu")
    .addOption(new Option("-t, --type <type>", "whether callers wait for the answer").choices(FN_TYPES))
    .addOption(new Option("-f, --format <format>", "how calls are written to the function").choices(FORMATS))
    .option("--timeout <seconds>", "how long a call may take", parseCount)
    .option("--idle-timeout <seconds>", "how long a container without calls is kept", parseCount)
    .option("--retries <count>", "how often a call that nobody waits for is run again", parseNumber)
    .option("--retry-delay <seconds>", "how long until the first of these", parseNumber)
    .addOption(configOption(env))
    .addOption(secretOption(env));
}

/** The options in the names of the wire, those not given left out. */
export function fnChange(options: FnOptions): FnSettings {
  const { image, memory, cpus, type, format, timeout, retries, config } = options;
  const { idleTimeout: idle_timeout, retryDelay: retry_delay, secret: secrets } = options;
  const limits = { memory, cpus, timeout, idle_timeout, retries, retry_delay };
  return withoutUndefined({ image, type, format, ...limits, config, secrets });
}

/** Without the keys that say nothing. */
export function withoutUndefined<T extends object>(change: T): T {
  // Only keys whose value is undefined go, which T allows wherever they can occur.
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as T;
}

/** Refuses a change of nothing. Errors: `UsageError`. */
export function checkChange(change: object): void {
  if (Object.keys(change).length === 0) throw new UsageError("nothing to change: give at least one option");
}

/**
 * Refuses an image that no server can run: none at all, or one without a tag, which would mean whatever happens to
 * be `latest`. A folder of functions needs none.
 */
export function checkImage(image: string | undefined): string {
  if (!image) throw new UsageError("no image specified");
  if (image.startsWith("dir:")) {
    if (image === "dir:") throw new UsageError("dir: must be followed by the path of a folder");
    return image;
  }
  // A colon before the last slash belongs to the port of a registry.
  const lastPart = image.slice(image.lastIndexOf("/") + 1);
  if (!/[^:@][:@]./.test(lastPart)) throw new UsageError("image name must have a tag");
  return image;
}
