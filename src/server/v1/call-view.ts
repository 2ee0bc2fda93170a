import Type, { type Static } from "typebox";
import type { Call } from "../../model/call.ts";
import { time } from "./api.ts";

/** What Fn prints where it has no time. */
const NO_TIME = "0001-01-01T00:00:00.000Z";

export const CallView = Type.Object({
  id: Type.String({ description: "26 characters; ids sort by the time their calls were accepted" }),
  status: Type.String({ description: "success: the function answered; timeout; or error, for all else" }),
  app_name: Type.String({ description: "Name of the app" }),
  path: Type.String({ description: "Path of the route" }),
  created_at: time("When the call was accepted"),
  started_at: time(`When a container took it; ${NO_TIME} if none did`),
  completed_at: time("When it ended"),
  timeline: Type.Record(Type.String(), Type.Number(), {
    description: "Milliseconds of each step that happened: queue, pull, create, start, init, run",
  }),
  error: Type.Optional(Type.String({ description: "What ended it, if not the function's answer" })),
});

export const LogView = Type.Object({
  call_id: Type.String({ description: "Id of the call" }),
  log: Type.String({ description: "What its function wrote to stderr" }),
  app_name: Type.String({ description: "Name of the app" }),
});

export function viewCall(call: Call): Static<typeof CallView> {
  const { startedAtMs } = call;
  return {
    id: call.id,
    status: call.status,
    app_name: call.appName,
    path: call.path,
    created_at: new Date(call.createdAtMs).toISOString(),
    started_at: startedAtMs === undefined ? NO_TIME : new Date(startedAtMs).toISOString(),
    completed_at: new Date(call.completedAtMs).toISOString(),
    timeline: Object.fromEntries(
      Object.entries(call.timeline).map(([step, ms]) => [step, Math.round(1000 * ms) / 1000]),
    ),
    error: call.error || undefined,
  };
}
