import type { FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import { Cancel } from "../../clock/cancel.ts";
import type { Call, CallRecord } from "../../model/call.ts";
import { FnError } from "../../model/errors.ts";
import { cleanRoutePath, validateRoutePath } from "../../model/route.ts";
import type { RouteInApp, Store } from "../../store/store.ts";
import type { ManagementOptions } from "../management.ts";
import { type Api, operation } from "./api.ts";
import { requireApp } from "./apps.ts";
import {
  RunnerCallInput,
  RunnerCallView,
  readCallEnd,
  readCallKey,
  readQueuedCall,
  viewRunnerCall,
} from "./runner-call.ts";
import type { RunnerQueue } from "./runner-queue.ts";
import { readTime } from "./times.ts";

const MIB = 1024 * 1024;
/** A log of 1 MiB, each byte of it written as an escape of six, and the call; or a payload. */
const RUNNER_BODY_BYTES_MAX = 8 * MIB;

const Doing = Type.Object({ msg: Type.String() });
const CallsAnswer = Type.Object({ calls: Type.Array(RunnerCallView, { description: "One, or none" }) });
const EndBody = Type.Partial(Type.Object({ call: RunnerCallInput, log: Type.String() }));

/** `/v1/runner`: the queue, for nodes that run calls and have no database. API reference, 5.3. */
export function serveRunner(api: Api, { store, clock }: ManagementOptions, queue: RunnerQueue): void {
  const large = { bodyLimit: RUNNER_BODY_BYTES_MAX };

  api.put(
    "/v1/runner/async",
    { ...operation("Queue a call", Doing, { body: RunnerCallInput }), ...large },
    async ({ body }) => {
      const { appName } = readCallKey(body);
      const route = await requireRoute(store, appName, body.path ?? "");
      // A call that is there already was sent again by a node that did not hear of it: nothing happens.
      await store.queue.enqueue(readQueuedCall(body, route, clock.nowMs()));
      return { msg: "enqueued call" };
    },
  );

  api.get(
    "/v1/runner/async",
    operation("Take a call, and wait for one", CallsAnswer, {}),
    async (request, reply) => {
      const assignment = await queue.take(runnerOf(request), leaving(reply));
      return { calls: assignment ? [viewRunnerCall(assignment.claimed, assignment.called)] : [] };
    },
  );

  api.post(
    "/v1/runner/start",
    { ...operation("Start a call that was taken", Doing, { body: RunnerCallInput }), ...large },
    async (request) => {
      const { id, appName } = readCallKey(request.body);
      const call = await store.calls.get(appName, id);
      if (!call) throw new FnError("call_not_found");
      await queue.start(runnerOf(request), call);
      return { msg: "slingshot: engage" };
    },
  );

  api.post(
    "/v1/runner/finish",
    { ...operation("Tell how a call ended", Doing, { body: EndBody }), ...large },
    async (request) => {
      const { call: input = {}, log = "" } = request.body;
      const { id, appName } = readCallKey(input);
      const nowMs = clock.nowMs();
      const known = await store.calls.get(appName, id);
      if (!known) {
        const createdAtMs = readTime("call.created_at", input.created_at) ?? nowMs;
        const call = await ofOwnCaller(store, input, { id, createdAtMs });
        await store.calls.insert([readCallEnd(input, call, log, nowMs)]);
        return FINISHED;
      }
      const record: CallRecord = readCallEnd(input, known, log, nowMs);
      // A call that has ended stays as it is: this is the news of before, sent again.
      if (known.completedAtMs === undefined) await queue.finish(runnerOf(request), record);
      return FINISHED;
    },
  );
}

const FINISHED = { msg: "good night, sweet prince" };

/** Who takes, starts and finishes a call: runners do not say their names, so they go by the address they come from. */
function runnerOf({ ip }: FastifyRequest): string {
  return `runner ${ip}`;
}

/** Aborted when the one who asked does not wait for the answer any more. */
function leaving({ raw }: FastifyReply): Cancel {
  const gone = new Cancel();
  raw.once("close", () => gone.abort(new FnError("client_gone")));
  return gone;
}

/** Errors: `app_not_found`, `route_not_found`. */
async function requireRoute(store: Store, appName: string, path: string): Promise<RouteInApp> {
  const route = await store.routes.get(appName, cleanRoutePath(path));
  if (route) return route;
  await requireApp(store, appName);
  throw new FnError("route_not_found");
}

/** A call that no queue has seen: the runner's own caller waited for it. Errors: `app_not_found`, `route_path_...`. */
async function ofOwnCaller(
  store: Store,
  { app_name: appName = "", path: sentPath = "" }: RunnerCallInput,
  { id, createdAtMs }: Pick<Call, "id" | "createdAtMs">,
): Promise<Call> {
  const path = cleanRoutePath(sentPath);
  validateRoutePath(path);
  const app = await requireApp(store, appName);
  const route = await store.routes.get(appName, path);
  return {
    id,
    appId: app.id,
    appName,
    // Empty when the function has been removed since.
    fnId: route?.fn.id ?? "",
    path,
    status: "running",
    error: undefined,
    createdAtMs,
    startedAtMs: undefined,
    completedAtMs: undefined,
    timeline: {},
  };
}
