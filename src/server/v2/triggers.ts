import Type from "typebox";
import { FnError } from "../../model/errors.ts";
import { changeTrigger, newTrigger, type Trigger } from "../../model/trigger.ts";
import type { Store } from "../../store/store.ts";
import type { Api } from "../api/api.ts";
import { PageQuery } from "../api/paging.ts";
import type { ManagementOptions } from "../management.ts";
import { idOf, listOf, NameQuery, Nothing, operation } from "./api.ts";
import { requireApp } from "./apps.ts";
import { createBaseUrl, withoutEndpoints } from "./endpoint-urls.ts";
import { refuseGivenId, refuseOtherId } from "./requests.ts";
import { listTriggers } from "./trigger-list.ts";
import { TriggerInput, TriggerView, viewTrigger } from "./trigger-view.ts";

const TriggersQuery = Type.Object({
  ...PageQuery.properties,
  app_id: Type.Optional(Type.String({ description: "Id of the app; required" })),
  fn_id: Type.Optional(Type.String({ description: "Only those that lead to this function" })),
  name: NameQuery,
});
const SourceParams = Type.Object({
  app_id: Type.String({ description: "Id of the app" }),
  type: Type.String({ description: "http" }),
  "*": Type.String({
    title: "source",
    description: "Source of the trigger, with or without its first slash",
  }),
});
const params = idOf("trigger");

/** `/v2/triggers`: the paths that lead to functions. */
export function serveTriggers(api: Api, options: ManagementOptions): void {
  const { store, clock, ids } = options;
  const baseUrlOf = createBaseUrl(options.publicUrl);

  /** A trigger never outlives its app; one that goes meanwhile takes the trigger with it. */
  const view = async (trigger: Trigger, baseUrl: string) => {
    const app = await store.apps.get({ id: trigger.appId });
    if (!app) throw new FnError("trigger_not_found");
    return viewTrigger(trigger, app, baseUrl);
  };

  api.get(
    "/triggers",
    operation("List the triggers of an app", { 200: listOf(TriggerView) }, { querystring: TriggersQuery }),
    async (request) => {
      const { app_id: appId } = request.query;
      if (!appId) throw new FnError("trigger_app_missing");
      const app = await requireApp(store, appId);
      const { next_cursor, items } = await listTriggers(store, app, request.query);
      const baseUrl = baseUrlOf(request);
      return { next_cursor, items: items.map((trigger) => viewTrigger(trigger, app, baseUrl)) };
    },
  );

  api.post(
    "/triggers",
    operation("Create a trigger", { 200: TriggerView }, { body: TriggerInput }),
    async (request) => {
      const { body } = request;
      refuseGivenId(body, "trigger_id_given");
      const { name = "", app_id = "", fn_id = "", type = "", source = "" } = body;
      const annotations = withoutEndpoints(body.annotations);
      const chosen = { name, appId: app_id, fnId: fn_id, type, source, annotations };
      const trigger = newTrigger(chosen, ids.next(), clock.nowMs());
      const app = await requireApp(store, trigger.appId);
      await refuseForeignFn(store, trigger.fnId, app.id);
      await store.triggers.insert(trigger);
      return viewTrigger(trigger, app, baseUrlOf(request));
    },
  );

  api.get("/triggers/:id", operation("Show a trigger", { 200: TriggerView }, { params }), async (request) => {
    const trigger = await store.triggers.get(request.params.id);
    if (!trigger) throw new FnError("trigger_not_found");
    return view(trigger, baseUrlOf(request));
  });

  api.put(
    "/triggers/:id",
    operation("Change a trigger", { 200: TriggerView }, { params, body: TriggerInput }),
    async (request) => {
      const { body } = request;
      const { id } = request.params;
      refuseOtherId(body, id, "trigger_id_mismatch");
      const { name, source, fn_id: fnId } = body;
      const change = { name, source, fnId, annotations: withoutEndpoints(body.annotations) };
      if (fnId) await refuseForeignFn(store, fnId, (await store.triggers.get(id))?.appId);
      const trigger = await store.triggers.update(id, (each) => changeTrigger(each, change, clock.nowMs()));
      return view(trigger, baseUrlOf(request));
    },
  );

  api.delete(
    "/triggers/:id",
    operation("Remove a trigger", { 204: Nothing }, { params }),
    async (request, reply) => {
      await store.triggers.remove(request.params.id);
      return reply.code(204).send();
    },
  );

  api.get(
    "/runner/apps/:app_id/triggerBySource/:type/*",
    operation("Find a trigger by its source", { 200: TriggerView }, { params: SourceParams }),
    async (request) => {
      const { app_id: appId, type, "*": rest } = request.params;
      const app = await requireApp(store, appId);
      const found = type === "http" && (await store.routes.get(app.name, rest.replace(/^\/?/, "/")));
      if (!found) throw new FnError("trigger_not_found");
      return viewTrigger(found.trigger, app, baseUrlOf(request));
    },
  );
}

/** One that is not there at all is refused where the trigger is stored. */
async function refuseForeignFn(store: Store, fnId: string, appId: string | undefined): Promise<void> {
  const fn = await store.fns.get(fnId);
  if (fn && appId !== undefined && fn.app.id !== appId) throw new FnError("trigger_fn_foreign");
}
