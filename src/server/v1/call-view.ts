import Type, { type Static } from "typebox";
import type { Call } from "../../model/call.ts";
import type { StoredAnswer } from "../../model/queued-call.ts";
import { time } from "./api.ts";
import { NO_TIME, viewTime } from "./times.ts";

const AnswerView = Type.Object({
  status: Type.Integer({ description: "HTTP status that the function chose" }),
  content_type: Type.String({ description: "Of the body; empty if the function said none" }),
  body: Type.String({ description: "What was kept of it" }),
  encoding: Type.Optional(
    Type.Literal("base64", { description: "How bytes that are no UTF-8 text are written" }),
  ),
  bytes: Type.Integer({ description: "How long the whole body was" }),
  truncated: Type.Boolean({ description: "Whether only the beginning was kept" }),
});

export const CallView = Type.Object(
  {
    id: Type.String({ description: "26 characters; ids sort by the time their calls were accepted" }),
    status: Type.String({
      description:
        "queued; running; success: the function answered; timeout; cancelled; or error, for all else that ended it",
    }),
    app_name: Type.String({ description: "Name of the app" }),
    path: Type.String({ description: "Path of the route" }),
    created_at: time("When the call was accepted"),
    started_at: time(`When a container took it; ${NO_TIME} if none did`),
    completed_at: time(`When it ended; ${NO_TIME} while it has not`),
    timeline: Type.Record(Type.String(), Type.Number(), {
      description: "Milliseconds of each step that happened: queue, pull, create, start, init, run",
    }),
    error: Type.Optional(Type.String({ description: "What ended it, if not the function's answer" })),
    attempts: Type.Optional(Type.Integer({ description: "How often it was begun; of async calls" })),
    dead: Type.Optional(Type.Boolean({ description: "True when it failed for good and may be redriven" })),
    answer: Type.Optional(
      Type.Unsafe<Static<typeof AnswerView>>({
        ...AnswerView,
        description: "What the function answered to an async call, while that is kept; not in lists",
      }),
    ),
  },
  { title: "V1Call" },
);

export function viewCall(call: Call, answer?: StoredAnswer): Static<typeof CallView> {
  return {
    id: call.id,
    status: call.status,
    app_name: call.appName,
    path: call.path,
    created_at: viewTime(call.createdAtMs),
    started_at: viewTime(call.startedAtMs),
    completed_at: viewTime(call.completedAtMs),
    timeline: Object.fromEntries(
      Object.entries(call.timeline).map(([step, ms]) => [step, Math.round(1000 * ms) / 1000]),
    ),
    error: call.error || undefined,
    attempts: call.attempts,
    dead: call.isDead || undefined,
    answer: answer && viewAnswer(answer),
  };
}

/** Bytes in JSON: as text where they are that, else as base64. */
export function viewBytes(bytes: Uint8Array): { readonly text: string; readonly encoding?: "base64" } {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { text: Buffer.from(bytes).toString("base64"), encoding: "base64" };
  }
}

/** What the function said its answer was; empty if it did not. */
export function contentTypeOf({ headers }: StoredAnswer): string {
  return headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
}

function viewAnswer(answer: StoredAnswer): Static<typeof AnswerView> {
  const { text, encoding } = viewBytes(answer.body);
  return {
    status: answer.status,
    content_type: contentTypeOf(answer),
    body: text,
    encoding,
    bytes: answer.bodyBytes,
    truncated: answer.bodyBytes > answer.body.length,
  };
}
