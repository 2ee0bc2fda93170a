import Type, { type Static } from "typebox";
import { formatCpus, parseCpus, type Route, type RouteChange } from "../../model/route.ts";
import { filled, time } from "./api.ts";
import { mapOf } from "./body.ts";

/** Numbers beyond these are of the wrong type, as they do not fit Fn's; the ranges of use come later. */
const INT32 = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
const UNSIGNED = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

const settings = {
  path: Type.String({ description: "Path in the app, from its first slash; never changes" }),
  image: Type.String({ description: "What to run: a Docker image, or dir: and the path of a folder" }),
  memory: Type.Integer({ ...UNSIGNED, description: "Memory of a container in MiB: 1 to 8192, 128 if open" }),
  cpus: Type.String({ description: "Share of cpus: 500m or 0.5; 0 is unlimited; open if empty" }),
  headers: Type.Optional(
    mapOf(
      Type.Unsafe<readonly string[]>(Type.Array(Type.String())),
      "Added to each answer. In a change, a list replaces that of its name, an empty one removes it",
    ),
  ),
  type: Type.String({ description: "sync: the caller waits for the answer; async: it runs later" }),
  format: Type.String({ description: "How calls reach the container: default, http, json or http-stream" }),
  timeout: Type.Integer({
    ...INT32,
    description: "Longest time of a call in seconds: 1 to 120, or to 3600 if async; 30 if open",
  }),
  idle_timeout: Type.Integer({
    ...INT32,
    description: "How long a container without calls is kept, in seconds: 1 to 3600, 30 if open",
  }),
  config: Type.Optional(
    mapOf(Type.String(), "Environment, over that of the app. In a change, an empty text removes a key"),
  ),
};

/** A route as callers send it. Absent, empty and zero settings are open. */
export const RouteInput = Type.Partial(Type.Object(settings));

export const RouteView = Type.Object({
  app_name: Type.String({ description: "Name of the app" }),
  ...settings,
  created_at: time("When the route was made"),
  updated_at: time("When a setting last changed"),
});

export function viewRoute(appName: string, { fn, trigger }: Route): Static<typeof RouteView> {
  return {
    app_name: appName,
    path: trigger.source,
    image: fn.image,
    memory: fn.memoryMib,
    cpus: formatCpus(fn.cpusMilli),
    headers: filled(trigger.headers),
    type: fn.type,
    format: fn.format,
    timeout: fn.timeoutS,
    idle_timeout: fn.idleTimeoutS,
    config: filled(fn.config),
    created_at: new Date(fn.createdAtMs).toISOString(),
    updated_at: new Date(fn.updatedAtMs).toISOString(),
  };
}

/** What a caller chose. Errors: `route_cpus_invalid`. */
export function readRouteChange(input: Static<typeof RouteInput>): RouteChange {
  return {
    image: input.image || undefined,
    format: input.format || undefined,
    type: input.type || undefined,
    memoryMib: input.memory || undefined,
    // A zero that is written out is a choice: it takes a limit off again.
    cpusMilli: input.cpus?.trim() ? parseCpus(input.cpus) : undefined,
    timeoutS: input.timeout || undefined,
    idleTimeoutS: input.idle_timeout || undefined,
    config: input.config,
    headers: input.headers,
  };
}
