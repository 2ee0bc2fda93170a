import Type, { type Static } from "typebox";
import { CALL_STATUSES, type CallStatus } from "../../model/call.ts";
import { type ErrorCode, FnError } from "../../model/errors.ts";
import type { CallFilter } from "../../store/store.ts";
import { NextCursor, nextCursor, PageQuery, rawPage } from "../api/paging.ts";
import type { ManagementOptions } from "../management.ts";
import { type Api, AppParams, operation } from "./api.ts";
import { requireApp } from "./apps.ts";
import { CallView, viewCall } from "./call-view.ts";

export const CallParams = Type.Object({
  ...AppParams.properties,
  call: Type.String({ description: "Id of the call" }),
});
export const CallAnswer = Type.Object({ message: Type.String(), call: CallView });

const CallsQuery = Type.Object({
  ...PageQuery.properties,
  path: Type.Optional(Type.String({ description: "Only calls of the route of exactly this path" })),
  status: Type.Optional(
    Type.String({ description: `Only calls of this status: ${CALL_STATUSES.join(", ")}; or dead` }),
  ),
  from_time: Type.Optional(Type.String({ description: "Only calls after this time, in Unix seconds" })),
  to_time: Type.Optional(Type.String({ description: "Only calls before this time, in Unix seconds" })),
});
const CallsAnswer = Type.Object({
  message: Type.String(),
  next_cursor: NextCursor,
  calls: Type.Array(CallView, { description: "Newest first" }),
});

/** `/v1/apps/{app}/calls`: calls, whether they wait, run or have ended. */
export function serveCalls(api: Api, { store, flushCalls }: ManagementOptions): void {
  api.get(
    "/v1/apps/:app/calls",
    operation("List calls", CallsAnswer, { params: AppParams, querystring: CallsQuery }),
    async ({ params, query }) => {
      const filter = readFilter(query);
      await flushCalls();
      const calls = await store.calls.list(params.app, filter);
      if (calls.length === 0) await requireApp(store, params.app);
      return {
        message: "Successfully listed calls",
        next_cursor: nextCursor(calls, filter, (call) => call.id),
        calls: calls.map((call) => viewCall(call)),
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
      // Only async calls are begun more than once, and only their answers are kept.
      const answer = call.attempts ? await store.calls.answer(params.app, params.call) : undefined;
      return { message: "Successfully loaded call", call: viewCall(call, answer) };
    },
  );

  api.delete(
    "/v1/apps/:app/calls/:call",
    operation("Cancel an async call", CallAnswer, { params: CallParams }),
    async ({ params }) => {
      await flushCalls();
      const call = await store.queue.cancel(params.app, params.call);
      return { message: "Call cancelled", call: viewCall(call) };
    },
  );
}

/** Errors: `call_status_invalid`, `from_time_invalid`, `to_time_invalid`. */
function readFilter(query: Static<typeof CallsQuery>): CallFilter {
  return {
    ...rawPage(query),
    ...readStatus(query.status),
    path: query.path || undefined,
    createdAfterMs: readTime(query.from_time, "from_time_invalid"),
    createdBeforeMs: readTime(query.to_time, "to_time_invalid"),
  };
}

function readStatus(text: string | undefined): Pick<CallFilter, "status" | "isDead"> {
  if (!text) return {};
  if (text === "dead") return { isDead: true };
  const status = CALL_STATUSES.find((each): each is CallStatus => each === text);
  if (!status) throw new FnError("call_status_invalid", { known: CALL_STATUSES.join(", ") });
  return { status };
}

/** Unix seconds as milliseconds; an empty text is no filter. */
function readTime(text: string | undefined, code: ErrorCode): number | undefined {
  if (!text) return undefined;
  const ms = Number(text) * 1000;
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(ms)) throw new FnError(code);
  return ms;
}
