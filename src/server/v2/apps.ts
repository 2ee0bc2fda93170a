import Type from "typebox";
import { type App, changeApp, newApp } from "../../model/app.ts";
import { FnError } from "../../model/errors.ts";
import type { Store } from "../../store/store.ts";
import type { Api } from "../api/api.ts";
import { PageQuery } from "../api/paging.ts";
import type { ManagementOptions } from "../management.ts";
import { idOf, listOf, NameQuery, Nothing, operation } from "./api.ts";
import { AppInput, AppView, readAppChange, viewApp } from "./app-view.ts";
import { listPage, refuseGivenId, refuseOtherId } from "./requests.ts";

const AppsQuery = Type.Object({ ...PageQuery.properties, name: NameQuery });
const params = idOf("app");

/** `/v2/apps`: apps. */
export function serveApps(api: Api, { store, clock, ids, sealSecrets }: ManagementOptions): void {
  api.get(
    "/apps",
    operation("List apps", { 200: listOf(AppView) }, { querystring: AppsQuery }),
    async ({ query }) => listPage(query, viewApp, (page) => store.apps.list(page)),
  );

  api.post("/apps", operation("Create an app", { 200: AppView }, { body: AppInput }), async ({ body }) => {
    refuseGivenId(body, "app_id_given");
    const chosen = { ...readAppChange(sealSecrets, body), name: body.name ?? "" };
    const app = newApp(chosen, ids.next(), clock.nowMs());
    await store.apps.insert(app);
    return viewApp(app);
  });

  api.get("/apps/:id", operation("Show an app", { 200: AppView }, { params }), async ({ params: { id } }) => {
    return viewApp(await requireApp(store, id));
  });

  api.put(
    "/apps/:id",
    operation("Change an app", { 200: AppView }, { params, body: AppInput }),
    async ({ params: { id }, body }) => {
      refuseOtherId(body, id, "app_id_mismatch");
      const change = readAppChange(sealSecrets, body);
      const changed = await store.apps.update({ id }, (app) => {
        if (body.name && body.name !== app.name) throw new FnError("app_name_immutable");
        return changeApp(app, change, clock.nowMs());
      });
      return viewApp(changed);
    },
  );

  api.delete(
    "/apps/:id",
    operation("Remove an app with its functions, triggers, calls and logs", { 204: Nothing }, { params }),
    async ({ params: { id } }, reply) => {
      await store.apps.remove({ id });
      return reply.code(204).send();
    },
  );
}

/** The app of that id; also how an empty list is told from the list of no app. Errors: `app_not_found`. */
export async function requireApp(store: Store, id: string): Promise<App> {
  const app = await store.apps.get({ id });
  if (!app) throw new FnError("app_not_found");
  return app;
}
