import { type Command, Option } from "commander";
import type { Config } from "../../model/app.ts";
import { FN_TYPES, FORMATS } from "../../model/fn.ts";
import type { RouteChange } from "../api/resources.ts";
import { type Environment, UsageError } from "../common/io.ts";
import { configOption, parseCount, parseRouteHeader } from "../common/options.ts";

/** The options that say how a route runs; all may be left out. */
export interface RouteOptions {
  readonly image?: string;
  readonly memory?: number;
  readonly cpus?: string;
  readonly type?: string;
  readonly format?: string;
  readonly timeout?: number;
  readonly idleTimeout?: number;
  readonly config?: Config;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
}

export function addRouteOptions(command: Command, env: Environment): Command {
  return command
    .option("-i, --image <image>", "what to run: NAME:TAG, or dir:PATH for a folder with a func.yaml")
    .option("-m, --memory <MiB>", "memory", parseCount)
    .option("--cpus <cpus>", "cpu time: 0.5 or 500m is half a cpu")
    .addOption(new Option("-t, --type <type>", "whether callers wait for the answer").choices(FN_TYPES))
    .addOption(new Option("-f, --format <format>", "how calls are written to the function").choices(FORMATS))
    .option("--timeout <seconds>", "how long a call may take", parseCount)
    .option("--idle-timeout <seconds>", "how long a container without calls is kept", parseCount)
    .addOption(configOption(env))
    .option("--headers <NAME=v1;v2>", "add headers to every answer; repeatable", parseRouteHeader);
}

/** The options in the names of the wire, those not given left out. */
export function routeChange({ idleTimeout, ...options }: RouteOptions): RouteChange {
  return idleTimeout === undefined ? options : { ...options, idle_timeout: idleTimeout };
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
