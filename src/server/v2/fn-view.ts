import Type, { type Static } from "typebox";
import { FN_TYPES, type Fn, type FnChange, FORMATS } from "../../model/fn.ts";
import { formatCpus } from "../../model/route.ts";
import { CommonFnFields, INT32, readFnSettings } from "../api/fn-settings.ts";
import { type SealSecrets, SecretNames, SecretsInput, secretNames } from "../api/secrets.ts";
import { withInvokeEndpoint, withoutEndpoints } from "./endpoint-urls.ts";
import { AnnotationsField, Config, Id, IdInput, Shape, Times, viewTimes } from "./fields.ts";

const settings = {
  name: Type.String({ description: "What needs no escaping in a URL, at most 255 bytes; never changes" }),
  app_id: Type.String({ description: "Id of the app; never changes" }),
  image: CommonFnFields.image,
  memory: CommonFnFields.memory,
  timeout: Type.Integer({ ...INT32, description: "Longest time of a call in seconds: 1 to 300, 30 if open" }),
  idle_timeout: CommonFnFields.idle_timeout,
  config: Config,
  annotations: Type.Optional(AnnotationsField),
  shape: Type.Optional(Shape),
  format: Type.String({
    description: `How calls reach the container: ${FORMATS.join(", ")}; http-stream if open`,
  }),
  type: Type.String({ description: `Whether callers wait: ${FN_TYPES.join(", ")}; sync if open` }),
  cpus: Type.Optional(Type.String({ description: "Share of cpus: 500m or 0.5; absent and 0 are unlimited" })),
  retries: CommonFnFields.retries,
  retry_delay: CommonFnFields.retry_delay,
};

/** A fn as callers send it. Absent, empty and zero settings are open. */
export const FnInput = Type.Partial(Type.Object({ id: IdInput, ...settings, secrets: SecretsInput }), {
  title: "FnInput",
});

export const FnView = Type.Object(
  { id: Id, ...settings, secret_names: SecretNames, ...Times },
  { title: "Fn" },
);

/** `baseUrl`: where callers reach the fn. */
export function viewFn(fn: Fn, baseUrl: string): Static<typeof FnView> {
  return {
    id: fn.id,
    name: fn.name,
    app_id: fn.appId,
    image: fn.image,
    memory: fn.memoryMib,
    timeout: fn.timeoutS,
    idle_timeout: fn.idleTimeoutS,
    config: fn.config,
    annotations: withInvokeEndpoint(fn.annotations, baseUrl, fn.id),
    shape: fn.shape,
    format: fn.format,
    type: fn.type,
    cpus: formatCpus(fn.cpusMilli) || undefined,
    ...(fn.retries > 0 && { retries: fn.retries, retry_delay: fn.retryDelayS }),
    secret_names: secretNames(fn.secrets),
    ...viewTimes(fn),
  };
}

/** What a caller chose. Errors: `route_cpus_invalid`. */
export function readFnChange(seal: SealSecrets, input: Static<typeof FnInput>): FnChange {
  const annotations = withoutEndpoints(input.annotations);
  return { ...readFnSettings(seal, input), annotations, shape: input.shape };
}
