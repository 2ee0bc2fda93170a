import Type from "typebox";
import { type App, type AppChange, changeApp, newApp, validateAppName } from "../../model/app.ts";
import { FnError } from "../../model/errors.ts";
import type { Store } from "../../store/store.ts";
import { encodeKey, keyPage, NextCursor, nextCursor, PageQuery } from "../api/paging.ts";
import { sealAll } from "../api/secrets.ts";
import type { ManagementOptions } from "../management.ts";
import { type Api, AppParams, MessageAnswer, operation } from "./api.ts";
import { AppInput, AppView, viewApp } from "./app-view.ts";

const AppBody = Type.Object({ app: Type.Optional(AppInput) });
const AppAnswer = Type.Object({ message: Type.String(), app: AppView });
const AppsAnswer = Type.Object({
  message: Type.String(),
  next_cursor: NextCursor,
  apps: Type.Array(AppView, { description: "By name" }),
});

/** `/v1/apps`: apps. */
export function serveApps(api: Api, options: ManagementOptions): void {
  const { store, clock } = options;

  api.get("/v1/apps", operation("List apps", AppsAnswer, { querystring: PageQuery }), async ({ query }) => {
    const page = keyPage(query);
    const apps = await store.apps.list(page);
    return {
      message: "Successfully listed applications",
      next_cursor: nextCursor(apps, page, (app) => encodeKey(app.name)),
      apps: apps.map(viewApp),
    };
  });

  api.post("/v1/apps", operation("Create an app", AppAnswer, { body: AppBody }), async ({ body }) => {
    if (!body.app) throw new FnError("app_missing");
    const { name = "", config = {}, secrets } = body.app;
    const app = newV1App(options, name, { config, secrets: sealAll(options.sealSecrets, secrets) });
    await store.apps.insert(app);
    return { message: "App successfully created", app: viewApp(app) };
  });

  api.get("/v1/apps/:app", operation("Show an app", AppAnswer, { params: AppParams }), async ({ params }) => {
    const app = await requireApp(store, params.app);
    return { message: "Successfully loaded app", app: viewApp(app) };
  });

  api.patch(
    "/v1/apps/:app",
    operation("Change the config and secrets of an app", AppAnswer, { params: AppParams, body: AppBody }),
    async ({ params, body }) => {
      if (!body.app) throw new FnError("app_missing");
      // Refused even when it is the name that the app has: as Fn does.
      if (body.app.name) throw new FnError("app_name_immutable");
      const change = { config: body.app.config, secrets: sealAll(options.sealSecrets, body.app.secrets) };
      const key = { name: params.app };
      const app = await store.apps.update(key, (app) => changeApp(app, change, clock.nowMs()));
      return { message: "App successfully updated", app: viewApp(app) };
    },
  );

  api.delete(
    "/v1/apps/:app",
    operation("Remove an app with its routes, calls and logs", MessageAnswer, { params: AppParams }),
    async ({ params }) => {
      await store.apps.remove({ name: params.app });
      return { message: "App deleted" };
    },
  );
}

/** The app of that name; also how an empty list is told from the list of no app. Errors: `app_not_found`. */
export async function requireApp(store: Store, name: string): Promise<App> {
  const app = await store.apps.get({ name });
  if (!app) throw new FnError("app_not_found");
  return app;
}

/** A new app under the rules of /v1, not stored yet. Errors: those of `validateAppName`. */
export function newV1App(
  { clock, ids }: ManagementOptions,
  name: string,
  chosen: Pick<AppChange, "config" | "secrets"> = {},
): App {
  validateAppName(name);
  return newApp({ ...chosen, name }, ids.next(), clock.nowMs());
}
