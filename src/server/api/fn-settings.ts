import Type from "typebox";
import type { Config } from "../../model/app.ts";
import type { FnSettingsChange } from "../../model/fn.ts";
import { parseCpus } from "../../model/route.ts";
import type { Secrets } from "../../model/secrets.ts";
import { type SealSecrets, sealAll } from "./secrets.ts";

/** Numbers beyond these are of the wrong type, as they do not fit Fn's; the ranges of use come later. */
export const INT32 = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
const UNSIGNED = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

/** Settings of which /v1 and /v2 say the same. */
export const CommonFnFields = {
  image: Type.String({ description: "What to run: a Docker image, or dir: and the path of a folder" }),
  memory: Type.Integer({ ...UNSIGNED, description: "Memory of a container in MiB: 1 to 8192, 128 if open" }),
  idle_timeout: Type.Integer({
    ...INT32,
    description: "How long a container without calls is kept, in seconds: 1 to 3600, 30 if open",
  }),
  retries: Type.Optional(
    Type.Integer({
      ...INT32,
      description:
        "How often a call that nobody waits for is run again after it failed: 0 to 100; shown if not 0",
    }),
  ),
  retry_delay: Type.Optional(
    Type.Integer({
      ...INT32,
      description:
        "Seconds until the first of these, 10 if open; twice as long each time. Shown with retries",
    }),
  ),
};

/** What both versions take. */
interface FnSettingsInput {
  readonly image?: string;
  readonly format?: string;
  readonly type?: string;
  readonly memory?: number;
  readonly cpus?: string;
  readonly timeout?: number;
  readonly idle_timeout?: number;
  readonly config?: Config;
  readonly secrets?: Secrets;
  readonly retries?: number;
  readonly retry_delay?: number;
}

/** What a caller chose: absent, empty and zero settings are open. Errors: `route_cpus_invalid`. */
export function readFnSettings(seal: SealSecrets, input: FnSettingsInput): FnSettingsChange {
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
    secrets: sealAll(seal, input.secrets),
    retries: input.retries,
    retryDelayS: input.retry_delay,
  };
}
