import type { Api } from "../api/api.ts";
import type { ManagementOptions } from "../management.ts";
import { serveApps } from "./apps.ts";
import { serveFnCalls } from "./fn-calls.ts";
import { serveFns } from "./fns.ts";
import { serveTriggers } from "./triggers.ts";
import { refuseUnknownTargets } from "./unknown-targets.ts";

/** All paths of this version begin with it. */
export const V2_PREFIX = "/v2";

/** The API of today's Fn: apps, fns and triggers by their ids. */
export function serveV2(api: Api, options: ManagementOptions): void {
  refuseUnknownTargets(api);
  serveApps(api, options);
  serveFns(api, options);
  serveFnCalls(api);
  serveTriggers(api, options);
}
