import Type from "typebox";
import { FnError } from "../../model/errors.ts";
import type { Store } from "../../store/store.ts";
import type { ManagementOptions } from "../management.ts";
import { type Api, AppParams, operation } from "./api.ts";
import { requireApp } from "./apps.ts";
import { viewCall } from "./call-view.ts";
import { CallAnswer, CallParams } from "./calls.ts";

/** Calls that one request has run again: each is a transaction, and together they take some hundred milliseconds. */
const REDRIVE_MAX = 100;

const RedriveQuery = Type.Object({
  path: Type.Optional(Type.String({ description: "Only calls of the route of exactly this path" })),
});
const RedriveAnswer = Type.Object({
  message: Type.String(),
  redriven: Type.Integer({ description: `How many wait to be run again: ${REDRIVE_MAX} at most` }),
  more: Type.Boolean({ description: "Whether there are more: ask again for those" }),
});

/** `.../redrive`: has calls run again that failed for good. */
export function serveRedrive(api: Api, { store }: ManagementOptions): void {
  api.post(
    "/v1/apps/:app/calls/:call/redrive",
    operation("Run a dead call again", CallAnswer, { params: CallParams }),
    async ({ params }) => {
      const call = await store.queue.redrive(params.app, params.call);
      return { message: "Call queued again", call: viewCall(call) };
    },
  );

  api.post(
    "/v1/apps/:app/calls/redrive",
    operation("Run the dead calls of an app again", RedriveAnswer, {
      params: AppParams,
      querystring: RedriveQuery,
    }),
    async ({ params, query }) => {
      const filter = { isDead: true, path: query.path || undefined, limit: REDRIVE_MAX + 1 };
      const calls = await store.calls.list(params.app, filter);
      if (calls.length === 0) await requireApp(store, params.app);
      let redriven = 0;
      for (const call of calls.slice(0, REDRIVE_MAX)) {
        if (await redriveIfDead(store, params.app, call.id)) redriven++;
      }
      return { message: "Calls queued again", redriven, more: calls.length > REDRIVE_MAX };
    },
  );
}

/** False when somebody else has redriven, cancelled or removed it meanwhile. */
async function redriveIfDead(store: Store, appName: string, callId: string): Promise<boolean> {
  try {
    await store.queue.redrive(appName, callId);
    return true;
  } catch (error) {
    const isGone = error instanceof FnError && ["call_not_dead", "call_not_found"].includes(error.code);
    if (isGone) return false;
    throw error;
  }
}
