import Type, { type Static } from "typebox";
import { type ErrorCode, FnError } from "../../model/errors.ts";
import { changeRoute, cleanRoutePath, type Route, type RouteChange } from "../../model/route.ts";
import { encodeKey, keyPage, NextCursor, nextCursor, PageQuery } from "../api/paging.ts";
import type { SealSecrets } from "../api/secrets.ts";
import type { ManagementOptions } from "../management.ts";
import { type Api, AppParams, MessageAnswer, operation } from "./api.ts";
import { requireApp } from "./apps.ts";
import { createRoute } from "./route-create.ts";
import { RouteInput, RouteView, readRouteChange, viewRoute } from "./route-view.ts";

const RouteParams = Type.Object({
  ...AppParams.properties,
  "*": Type.String({ title: "route", description: "Path of the route, slashes and all" }),
});
const RoutesQuery = Type.Object({
  ...PageQuery.properties,
  image: Type.Optional(Type.String({ description: "Only routes of this image" })),
});
const RouteBody = Type.Object({ route: Type.Optional(RouteInput) });
const RouteAnswer = Type.Object({ message: Type.String(), route: RouteView });
const RoutesAnswer = Type.Object({
  message: Type.String(),
  next_cursor: NextCursor,
  routes: Type.Array(RouteView, { description: "By path" }),
});

/** `/v1/apps/{app}/routes`: the routes of an app. */
export function serveRoutes(api: Api, options: ManagementOptions): void {
  const { store, sealSecrets } = options;

  const create = async (appName: string, path: string, chosen: RouteChange) => {
    const route = await createRoute(options, appName, path, chosen);
    return { message: "Route successfully created", route: viewRoute(appName, route) };
  };

  const update = async (appName: string, path: string, change: RouteChange) => {
    const changed = (route: Route) => changeRoute(route, change, options.clock.nowMs());
    const route = await store.routes.update(appName, path, changed);
    return { message: "Route successfully updated", route: viewRoute(appName, route) };
  };

  api.get(
    "/v1/apps/:app/routes",
    operation("List routes", RoutesAnswer, { params: AppParams, querystring: RoutesQuery }),
    async ({ params, query }) => {
      const page = keyPage(query);
      const routes = await store.routes.list(params.app, { ...page, image: query.image || undefined });
      if (routes.length === 0) await requireApp(store, params.app);
      return {
        message: "Successfully listed routes",
        next_cursor: nextCursor(routes, page, (route) => encodeKey(route.trigger.source)),
        routes: routes.map((route) => viewRoute(params.app, route)),
      };
    },
  );

  api.post(
    "/v1/apps/:app/routes",
    operation("Create a route, and its app if need be", RouteAnswer, { params: AppParams, body: RouteBody }),
    async ({ params, body: { route } }) => {
      if (!route) throw new FnError("route_missing");
      return create(params.app, route.path ?? "", readRouteChange(sealSecrets, route));
    },
  );

  api.get(
    "/v1/apps/:app/routes/*",
    operation("Show a route", RouteAnswer, { params: RouteParams }),
    async ({ params }) => {
      const route = await store.routes.get(params.app, cleanRoutePath(params["*"]));
      if (!route) throw new FnError("route_not_found");
      return { message: "Successfully loaded route", route: viewRoute(params.app, route) };
    },
  );

  api.put(
    "/v1/apps/:app/routes/*",
    operation("Create or change a route", RouteAnswer, { params: RouteParams, body: RouteBody }),
    async ({ params, body }) => {
      const { path, change } = readChange(sealSecrets, params, body);
      // In turns, since others may create or remove the route meanwhile.
      return update(params.app, path, change)
        .catch(insteadOf("route_not_found", () => create(params.app, path, change)))
        .catch(insteadOf("route_exists", () => update(params.app, path, change)));
    },
  );

  api.patch(
    "/v1/apps/:app/routes/*",
    operation("Change a route", RouteAnswer, { params: RouteParams, body: RouteBody }),
    async ({ params, body }) => {
      const { path, change } = readChange(sealSecrets, params, body);
      return update(params.app, path, change);
    },
  );

  api.delete(
    "/v1/apps/:app/routes/*",
    operation("Remove a route", MessageAnswer, { params: RouteParams }),
    async ({ params }) => {
      await store.routes.remove(params.app, cleanRoutePath(params["*"]));
      return { message: "Route deleted" };
    },
  );
}

/** A change of the route that the URL names. Errors: `route_missing`, `route_cpus_invalid`, `route_path_immutable`. */
function readChange(
  seal: SealSecrets,
  params: Static<typeof RouteParams>,
  { route }: Static<typeof RouteBody>,
): { path: string; change: RouteChange } {
  if (!route) throw new FnError("route_missing");
  const change = readRouteChange(seal, route);
  const path = cleanRoutePath(params["*"]);
  if (route.path && route.path !== path) throw new FnError("route_path_immutable");
  return { path, change };
}

/** Takes another way after this one error. */
function insteadOf<T>(code: ErrorCode, otherWay: () => Promise<T>): (error: unknown) => Promise<T> {
  return async (error) => {
    if (error instanceof FnError && error.code === code) return otherWay();
    throw error;
  };
}
