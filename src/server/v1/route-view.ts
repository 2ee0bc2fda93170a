import Type, { type Static } from "typebox";
import { formatCpus, type Route, type RouteChange } from "../../model/route.ts";
import { mapOf } from "../api/body.ts";
import { CommonFnFields, INT32, readFnSettings } from "../api/fn-settings.ts";
import { type SealSecrets, SecretNames, SecretsInput, secretNames } from "../api/secrets.ts";
import { filled, time } from "./api.ts";

const settings = {
  path: Type.String({ description: "Path in the app, from its first slash; never changes" }),
  image: CommonFnFields.image,
  memory: CommonFnFields.memory,
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
  idle_timeout: CommonFnFields.idle_timeout,
  config: Type.Optional(
    mapOf(Type.String(), "Environment, over that of the app. In a change, an empty text removes a key"),
  ),
  retries: CommonFnFields.retries,
  retry_delay: CommonFnFields.retry_delay,
};

/** A route as callers send it. Absent, empty and zero settings are open. */
export const RouteInput = Type.Partial(Type.Object({ ...settings, secrets: SecretsInput }), {
  title: "V1RouteInput",
});

export const RouteView = Type.Object(
  {
    app_name: Type.String({ description: "Name of the app" }),
    ...settings,
    secret_names: SecretNames,
    created_at: time("When the route was made"),
    updated_at: time("When a setting last changed"),
  },
  { title: "V1Route" },
);

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
    // Absent where they say nothing, so that the routes of Fn's clients look as they did.
    ...(fn.retries === 0 ? {} : { retries: fn.retries, retry_delay: fn.retryDelayS }),
    secret_names: secretNames(fn.secrets),
    created_at: new Date(fn.createdAtMs).toISOString(),
    updated_at: new Date(fn.updatedAtMs).toISOString(),
  };
}

/** What a caller chose. Errors: `route_cpus_invalid`. */
export function readRouteChange(seal: SealSecrets, input: Static<typeof RouteInput>): RouteChange {
  return { ...readFnSettings(seal, input), headers: input.headers };
}
