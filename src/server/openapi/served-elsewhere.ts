import Type from "typebox";
import { V1Error } from "../v1/api.ts";
import { V2Error } from "../v2/api.ts";
import type { Answer, Document, Operation, Parameter, Schema } from "./document.ts";
import { FAILED, REFUSED, type Tag } from "./endpoint.ts";

/**
 * The endpoints that a node answers without the management API: calls of functions, which pay for no router, and those of
 * who runs it.
 */
export function servedElsewhere(): Document["paths"] {
  return { ...calls(), ...operations() };
}

function calls(): Document["paths"] {
  const app = path("app", "Name of the app");
  const route = path("route", "Path of the route, slashes and all");
  const source = path("source", "Source of the trigger, slashes and all");
  const fnId = path("fn_id", "Id of the function");
  const kept = json(KEPT, Type.Object({ call_id: Type.String({ description: "Id of the call" }) }));
  const throughRoute = callOf("Call a route", [app, route, ...QUEUE_FIELDS], kept, V1Error);
  const throughTrigger = callOf(
    "Call a function through a trigger",
    [app, source, DETACHED, ...QUEUE_FIELDS],
    { description: KEPT },
    V2Error,
  );
  return {
    "/r/{app}/{route}": eachOf(CALL_METHODS, throughRoute),
    "/t/{app}/{source}": eachOf(CALL_METHODS, throughTrigger),
    "/invoke/{fn_id}": {
      post: callOf(
        "Call a function by its id",
        [fnId, DETACHED, ...QUEUE_FIELDS],
        { description: KEPT },
        V2Error,
      ),
    },
  };
}

function operations(): Document["paths"] {
  const state = Type.Object({ state: Type.String() });
  const warming = Type.Object({
    warming: Type.Integer({ description: "Containers that are being started" }),
  });
  const toWarm = Type.Object({ fns: Type.Array(Type.String({ description: "Such as /r/app/path" })) });
  return {
    "/metrics": {
      get: operation("node", "Show metrics for Prometheus", {
        200: { description: "Metrics", content: { "text/plain": { schema: Type.String() } } },
        ...refusals(V1Error),
      }),
    },
    "/health/live": {
      get: operation("node", "Tell whether the process answers", { 200: json("It does", state) }),
    },
    "/health/ready": {
      get: operation("node", "Tell whether this node takes calls", {
        200: json("It does", state),
        503: json("It stops, or cannot reach its database", Type.Union([state, V1Error])),
      }),
    },
    "/1/node/prewarm": {
      post: {
        ...operation("node", "Start containers of functions ahead of their calls", {
          202: json("They are being started", warming),
          ...refusals(V1Error),
        }),
        requestBody: { content: { "application/json": { schema: toWarm } } },
      },
    },
  };
}

/** Fn's, less the one that OpenAPI 3.1 has no name for: CONNECT. */
const CALL_METHODS = ["get", "head", "post", "put", "patch", "delete", "options", "trace"] as const;

const KEPT = "Kept, to be run later: nobody waits for the answer";

const DETACHED = field("Fn-Invoke-Type", "detached: the call is kept and run later, and nobody waits for it");

/** For calls that nobody waits for. */
const QUEUE_FIELDS = [
  field("Idempotency-Key", "The same key within a day gives the same call, which runs once"),
  field("Fn-Delay", "Seconds until the call may run: 0 to 86400"),
  field("Fn-Priority", "2 goes first, 1 next, 0 is usual"),
];

/** A call: what goes in and comes out is the function's own, whatever its status; or the node's word, if it cannot run. */
function callOf(summary: string, parameters: readonly Parameter[], kept: Answer, error: Schema): Operation {
  const orError = {
    "application/json": { schema: { anyOf: [error, ANYTHING] } },
    "*/*": { schema: ANYTHING },
  };
  return {
    ...operation("calls", summary, {
      202: kept,
      default: { description: "What the function answered", content: { "*/*": { schema: ANYTHING } } },
      "4XX": { description: `${REFUSED}; or what the function answered`, content: orError },
      "5XX": { description: `${FAILED}; or what the function answered`, content: orError },
    }),
    parameters,
    requestBody: { content: { "*/*": { schema: ANYTHING } } },
  };
}

const ANYTHING: Schema = { description: "Any bytes: they are the function's own" };

function operation(tag: Tag, summary: string, responses: Operation["responses"]): Operation {
  return { summary, tags: [tag], responses };
}

function eachOf(methods: readonly string[], operation: Operation): Readonly<Record<string, Operation>> {
  return Object.fromEntries(methods.map((method) => [method, operation]));
}

function refusals(error: Schema): Operation["responses"] {
  return { "4XX": json(REFUSED, error), "5XX": json(FAILED, error) };
}

function json(description: string, schema: Schema): Answer {
  return { description, content: { "application/json": { schema } } };
}

function path(name: string, description: string): Parameter {
  return { name, in: "path", required: true, description, schema: { type: "string" } };
}

function field(name: string, description: string): Parameter {
  return { name, in: "header", description, schema: { type: "string" } };
}
