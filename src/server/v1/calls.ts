import Type from "typebox";
import { type ErrorCode, FnError } from "../../model/errors.ts";
import type { ManagementOptions } from "../management.ts";
import { type Api, AppParams, operation } from "./api.ts";
import { requireApp } from "./apps.ts";
import { CallView, LogView, viewCall } from "./call-view.ts";
import { NextCursor, nextCursor, PageQuery, rawPage } from "./paging.ts";

const CallParams = Type.Object({
  ...AppParams.properties,
  call: Type.String({ description: "Id of the call" }),
});
const CallsQuery = Type.Object({
  ...PageQuery.properties,
  path: Type.Optional(Type.String({ description: "Only calls of the route of exactly this path" })),
  from_time: Type.Optional(Type.String({ description: "Only calls after this time, in Unix seconds" })),
  to_time: Type.Optional(Type.String({ description: "Only calls before this time, in Unix seconds" })),
});
const CallAnswer = Type.Object({ message: Type.String(), call: CallView });
const CallsAnswer = Type.Object({
  message: Type.String(),
  next_cursor: NextCursor,
  calls: Type.Array(CallView, { description: "Newest first" }),
});
const LogAnswer = {
  content: {
    "application/json": { schema: Type.Object({ message: Type.String(), log: LogView }) },
    "text/plain": { schema: Type.String({ description: "The log as it is" }) },
  },
};

/** `/v1/apps/{app}/calls`: calls that have ended, and their logs. */
export function serveCalls(api: Api, { store, flushCalls }: ManagementOptions): void {
  api.get(
    "/v1/apps/:app/calls",
    operation("List calls", CallsAnswer, { params: AppParams, querystring: CallsQuery }),
    async ({ params, query }) => {
      const page = rawPage(query);
      const filter = {
        ...page,
        path: query.path || undefined,
        createdAfterMs: readTime(query.from_time, "from_time_invalid"),
        createdBeforeMs: readTime(query.to_time, "to_time_invalid"),
      };
      await flushCalls();
      const calls = await store.calls.list(params.app, filter);
      if (calls.length === 0) await requireApp(store, params.app);
      return {
        message: "Successfully listed calls",
        next_cursor: nextCursor(calls, page, (call) => call.id),
        calls: calls.map(viewCall),
      };
    },
  );

  api.get(
    "/v1/apps/:app/calls/:call",
    operation("Show a call", CallAnswer, { params: CallParams }),
    async ({ params }) => {
      await flushCalls();
      const call = await store.calls.get(params.app, params.call);
      if (!call) throw new FnError("call_not_found");
      return { message: "Successfully loaded call", call: viewCall(call) };
    },
  );

  api.get(
    "/v1/apps/:app/calls/:call/log",
    operation("Show the log of a call", LogAnswer, { params: CallParams }),
    async ({ params, raw }, reply) => {
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

/** Unix seconds as milliseconds; an empty text is no filter. */
function readTime(text: string | undefined, code: ErrorCode): number | undefined {
  if (!text) return undefined;
  const ms = Number(text) * 1000;
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(ms)) throw new FnError(code);
  return ms;
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
