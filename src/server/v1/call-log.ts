import Type from "typebox";
import { FnError } from "../../model/errors.ts";
import type { ManagementOptions } from "../management.ts";
import { type Api, operation } from "./api.ts";
import { CallParams } from "./calls.ts";
import { EventStream, FollowQuery, isFollowed, type LogFollowers } from "./log-follow.ts";

const LogView = Type.Object({
  call_id: Type.String({ description: "Id of the call" }),
  log: Type.String({ description: "What its function wrote to stderr" }),
  app_name: Type.String({ description: "Name of the app" }),
});
const LogAnswer = {
  content: {
    "application/json": { schema: Type.Object({ message: Type.String(), log: LogView }) },
    "text/plain": { schema: Type.String({ description: "The log as it is" }) },
    ...EventStream,
  },
};

/** `/v1/apps/{app}/calls/{call}/log`: what the function of a call wrote to stderr, or writes. */
export function serveCallLog(
  api: Api,
  { store, flushCalls }: ManagementOptions,
  followers: LogFollowers,
): void {
  api.get(
    "/v1/apps/:app/calls/:call/log",
    operation("Show the log of a call", LogAnswer, { params: CallParams, querystring: FollowQuery }),
    async ({ params, query, raw }, reply) => {
      if (isFollowed(query)) {
        return await followers.follow({ appName: params.app, callId: params.call }, reply);
      }
      await flushCalls();
      const log = await store.calls.log(params.app, params.call);
      if (log === undefined) throw new FnError("log_not_found");
      if (chooseLogType(raw.headersDistinct.accept) === "text/plain") {
        // What a function wrote must not become a page that a browser runs.
        return reply.type("text/plain; charset=utf-8").header("X-Content-Type-Options", "nosniff").send(log);
      }
      return {
        message: "Successfully loaded log",
        log: { call_id: params.call, log, app_name: params.app },
      };
    },
  );
}

/**
 * What the Accept lines ask for, by the rule of Fn: the first line that names any of the types below, and within it
 * the first of them in this order. Errors: `log_not_acceptable`.
 */
function chooseLogType(acceptLines: readonly string[] | undefined): "application/json" | "text/plain" {
  if (!acceptLines) return "application/json";
  for (const line of acceptLines.map((each) => each.toLowerCase())) {
    if (line.includes("application/json")) return "application/json";
    if (line.includes("text/plain")) return "text/plain";
    if (line.includes("*/*")) return "application/json";
  }
  throw new FnError("log_not_acceptable");
}
