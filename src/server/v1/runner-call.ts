import Type, { type Static } from "typebox";
import { launchSpecOf } from "../../agent/launch-spec.ts";
import { type HeaderField, isFieldValue, isHopByHop, isToken } from "../../http1/fields.ts";
import type { Call, CallOutcome, CallRecord } from "../../model/call.ts";
import { FnError } from "../../model/errors.ts";
import { PRIORITIES, type QueuedCall, type QueuedRequest } from "../../model/queued-call.ts";
import { formatCpus } from "../../model/route.ts";
import type { ClaimedCall, FnInApp, RouteInApp } from "../../store/store.ts";
import { mapOf } from "../api/body.ts";
import { queuedCallOf } from "../queueing.ts";
import { filled } from "./api.ts";
import { viewBytes } from "./call-view.ts";
import { readTime, viewTime } from "./times.ts";

/** A call as nodes hand it to each other: what is stored of it, and all that it takes to run it. */
const RunnerCall = Type.Object({
  id: Type.String({ description: "26 characters, made by the node that accepted the call" }),
  app_name: Type.String({ description: "Name of the app" }),
  path: Type.String({ description: "Path of the route" }),
  status: Type.String({ description: "When a call has ended: success, error or timeout" }),
  created_at: Type.String({ description: "When the call was accepted" }),
  started_at: Type.String({ description: "When a container took it" }),
  completed_at: Type.String({ description: "When it ended" }),
  error: Type.String({ description: "What ended it, if not the function's answer" }),
  method: Type.String({ description: "HTTP method of the call; POST if open" }),
  url: Type.String({ description: "What was called; by the app and the path if open" }),
  headers: mapOf(Type.Unsafe<readonly string[]>(Type.Array(Type.String())), "Fields of the request"),
  payload: Type.String({ description: "Body of the request" }),
  payload_encoding: Type.String({ description: "base64 for a payload that is no text" }),
  priority: Type.Integer({ minimum: 0, maximum: 2, description: "2 goes first; 0 if open" }),
  delay: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, description: "Seconds until it may be run" }),
});

/** As nodes send it: they need not say everything. */
export const RunnerCallInput = Type.Partial(RunnerCall, { title: "V1RunnerCallInput" });
export type RunnerCallInput = Static<typeof RunnerCallInput>;

/** As nodes get it: with what to run, too. */
export const RunnerCallView = Type.Object(
  {
    ...RunnerCall.properties,
    error: Type.Optional(RunnerCall.properties.error),
    headers: Type.Optional(RunnerCall.properties.headers),
    payload: Type.Optional(RunnerCall.properties.payload),
    payload_encoding: Type.Optional(RunnerCall.properties.payload_encoding),
    delay: Type.Optional(RunnerCall.properties.delay),
    image: Type.String({ description: "What to run" }),
    type: Type.String({ description: "async" }),
    format: Type.String({ description: "How the call reaches the container" }),
    timeout: Type.Integer({ description: "Longest time of the call in seconds" }),
    idle_timeout: Type.Integer({ description: "How long a container without calls is kept, in seconds" }),
    memory: Type.Integer({ description: "Memory of the container in MiB" }),
    cpus: Type.Optional(Type.String({ description: "Share of cpus, such as 500m" })),
    config: Type.Optional(mapOf(Type.String(), "Environment of the container, without secrets")),
  },
  { title: "V1RunnerCall" },
);

/** Crockford's base32, as all ids of calls are. */
const CALL_ID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** Which call is meant. Errors: `call_id_missing`, `app_name_missing`, `invalid_json`. */
export function readCallKey(input: RunnerCallInput): { readonly id: string; readonly appName: string } {
  const { id = "", app_name: appName = "" } = input;
  if (id === "") throw new FnError("call_id_missing");
  if (appName === "") throw new FnError("app_name_missing");
  if (!CALL_ID.test(id)) throw invalid("id must be 26 characters of Crockford's base32");
  return { id, appName };
}

/** A call to be queued, of a route that is there. Errors: `invalid_json`. */
export function readQueuedCall(input: RunnerCallInput, called: RouteInApp, nowMs: number): QueuedCall {
  const { priority = 0, delay = 0 } = input;
  const { app, trigger } = called;
  return {
    call: queuedCallOf({ id: readCallKey(input).id, createdAtMs: nowMs, called }),
    request: { ...readRequest(input, `/r/${app.name}${trigger.source}`), triggerId: trigger.id },
    priority: PRIORITIES.find((each) => each === priority) ?? 0,
    dueAtMs: nowMs + delay * 1000,
  };
}

/** How a call ended, of what is known of it. Errors: `invalid_json`. */
export function readCallEnd(input: RunnerCallInput, known: Call, log: string, nowMs: number): CallRecord {
  const status = OUTCOMES.find((each) => each === input.status);
  if (!status) throw invalid(`call.status must be one of ${OUTCOMES.join(", ")}`);
  const call = {
    ...known,
    status,
    error: input.error || undefined,
    startedAtMs: readTime("call.started_at", input.started_at) ?? known.startedAtMs,
    completedAtMs: readTime("call.completed_at", input.completed_at) ?? nowMs,
  };
  return { call, log };
}

const OUTCOMES: readonly CallOutcome[] = ["success", "error", "timeout"];

/** A call that a node is to run. */
export function viewRunnerCall(claimed: ClaimedCall, called: FnInApp): Static<typeof RunnerCallView> {
  const { call, request, priority } = claimed;
  const { fn } = called;
  const url = `http://${request.host}${request.target}`;
  const { text, encoding } = viewBytes(request.body);
  return {
    id: call.id,
    status: call.status,
    app_name: call.appName,
    path: call.path,
    created_at: viewTime(call.createdAtMs),
    started_at: viewTime(call.startedAtMs),
    completed_at: viewTime(call.completedAtMs),
    image: fn.image,
    // Whatever the function is otherwise: nobody waits for this call.
    type: "async",
    format: fn.format,
    payload: text || undefined,
    payload_encoding: encoding,
    url,
    method: request.method,
    priority,
    timeout: fn.timeoutS,
    idle_timeout: fn.idleTimeoutS,
    memory: fn.memoryMib,
    cpus: formatCpus(fn.cpusMilli) || undefined,
    config: filled(launchSpecOf(called).env),
    headers: {
      ...headerMap(request.headers.filter(([name]) => !isOfARun(name))),
      Fn_call_id: [call.id],
      Fn_method: [request.method],
      Fn_request_url: [url],
    },
  };
}

/** Errors: `invalid_json`. */
function readRequest(input: RunnerCallInput, calledPath: string): Omit<QueuedRequest, "triggerId"> {
  const { method = "POST", payload = "", payload_encoding: encoding } = input;
  if (!isToken(method)) throw invalid("method must be a token");
  if (encoding && encoding !== "base64") throw invalid("payload_encoding must be base64 or absent");
  return {
    ...readUrl(input.url || encodeURI(calledPath)),
    method,
    headers: readHeaders(input.headers ?? {}),
    body: encoding ? readBase64(payload) : Buffer.from(payload),
  };
}

/** Host and target of an absolute URL, or of one that begins with its path. */
function readUrl(url: string): { host: string; target: string } {
  const [, host = "", target] = /^(?:https?:\/\/([\w.:[\]-]+))?((?:\/[!-~]*)?)$/i.exec(url) ?? [];
  if (target === undefined || target.includes("#")) throw invalid("url must be http:// or a path");
  return { host, target: target || "/" };
}

function readHeaders(headers: Readonly<Record<string, readonly string[]>>): HeaderField[] {
  return Object.entries(headers).flatMap(([name, values]) => {
    const lowerName = name.toLowerCase();
    if (!isToken(name) || !values.every(isFieldValue))
      throw invalid(`headers.${name} must be a field of HTTP`);
    // As with a call that comes by HTTP: the fields of the connection it came by are not the call's.
    const isKept = lowerName !== "host" && !isHopByHop(lowerName) && !isOfARun(name);
    return isKept ? values.map((value): HeaderField => [name, value]) : [];
  });
}

/** Whether each run sets this field anew. */
function isOfARun(name: string): boolean {
  return ["fn_call_id", "fn_deadline", "fn_method", "fn_request_url"].includes(name.toLowerCase());
}

function readBase64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw invalid("payload must be base64");
  return bytes;
}

function headerMap(fields: readonly HeaderField[]): Record<string, readonly string[]> {
  const map = new Map<string, string[]>();
  for (const [name, value] of fields) {
    const values = map.get(name) ?? [];
    map.set(name, values);
    values.push(value);
  }
  return Object.fromEntries(map);
}

function invalid(hint: string): FnError {
  return new FnError("invalid_json", {}, { hint });
}
