import { FnError } from "../model/errors.ts";
import { cleanRoutePath } from "../model/route.ts";
import type { RouteInApp } from "../store/store.ts";
import type { RouteCache } from "./route-cache.ts";
import { decodedPath } from "./target.ts";

/**
 * The route that a path of a client leads to, `/r/{app}` or `/r/{app}/{route...}`, without its query.
 * Errors: `route_path_malformed`, `app_name_missing`, `app_not_found`, `route_not_found`.
 */
export async function routeAt(routes: RouteCache, clientPath: string): Promise<RouteInApp> {
  // Routing works on what the client meant, however it spelled that.
  const path = decodedPath(clientPath);
  if (path === undefined) throw new FnError("route_path_malformed");
  const [, appName = "", rest = ""] = /^\/r\/([^/]*)(.*)$/s.exec(path) ?? [];
  if (appName === "") throw new FnError("app_name_missing");
  const route = await routes.get(appName, cleanRoutePath(rest), clientPath);
  if (route) return route;
  throw new FnError((await routes.hasApp(appName)) ? "route_not_found" : "app_not_found");
}
