import type { FastifyRequest } from "fastify";
import { decodedPath } from "../../http1/target.ts";
import { FnError } from "../../model/errors.ts";
import { isJsonObject } from "../../model/json.ts";
import type { ManagementOptions } from "../management.ts";
import { serveAbout } from "./about.ts";
import type { Api } from "./api.ts";
import { serveApps } from "./apps.ts";
import { serveCallAnswer } from "./call-answer.ts";
import { serveCallLog } from "./call-log.ts";
import { serveRedrive } from "./call-redrive.ts";
import { serveCalls } from "./calls.ts";
import { type LogFollowers, serveAppLogs } from "./log-follow.ts";
import { serveRoutes } from "./routes.ts";
import { serveRunner } from "./runner.ts";
import type { RunnerQueue } from "./runner-queue.ts";
import { serveStats } from "./stats.ts";

/** The API of the Fn server of January 2018, and all that no version owns. */
export function serveV1(
  api: Api,
  options: ManagementOptions,
  { followers, runners }: { readonly followers: LogFollowers; readonly runners: RunnerQueue },
): void {
  // In a hook, so that nobody reads the body of a request that goes nowhere; the handler gives the hook its place.
  api.addHook("onRequest", refuseOddTarget);
  api.setNotFoundHandler(refuseOddTarget);

  serveAbout(api, options);
  serveApps(api, options);
  serveRoutes(api, options);
  serveCalls(api, options);
  serveCallLog(api, options, followers);
  serveAppLogs(api, followers);
  serveCallAnswer(api, options);
  serveRedrive(api, options);
  serveRunner(api, options, runners);
  serveStats(api, options);
}

/** Errors: `path_not_found`, for wrong methods too, as in Fn; `app_name_missing`. */
async function refuseOddTarget({ originalUrl, is404, params }: FastifyRequest): Promise<void> {
  if (is404) throw new FnError("path_not_found", { path: decodedPath(originalUrl) ?? originalUrl });
  if (isJsonObject(params) && params.app === "") throw new FnError("app_name_missing");
}
