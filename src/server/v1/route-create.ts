import type { App } from "../../model/app.ts";
import {
  cleanRoutePath,
  newRouteSettings,
  type Route,
  type RouteChange,
  type RouteSettings,
  validateRoutePath,
  validateRouteSettings,
} from "../../model/route.ts";
import type { ManagementOptions } from "../management.ts";
import { newV1App } from "./apps.ts";

/**
 * Stores a new route, and with it the app if there is none of that name. Nothing is stored unless all is valid.
 * Errors: what the name, the path or a setting is refused for, whatever the image is unusable for, `route_exists`.
 */
export async function createRoute(
  options: ManagementOptions,
  appName: string,
  path: string,
  chosen: RouteChange,
): Promise<Route> {
  const app = newV1App(options, appName);
  validateRoutePath(path);
  // The image is asked last: that may take long, and spares no check of what it leaves open.
  const { image } = validateRouteSettings(newRouteSettings(chosen));
  const settings = validateRouteSettings(newRouteSettings(chosen, await options.imageSettings(image)));
  return options.store.routes.insert(app, newRoute(options, app, cleanRoutePath(path), settings));
}

/** A function and the trigger that leads to it, both named by their path. */
function newRoute(
  { clock, ids }: ManagementOptions,
  app: App,
  path: string,
  { headers, ...settings }: RouteSettings,
): Route {
  const nowMs = clock.nowMs();
  const common = { appId: app.id, name: path, annotations: {}, createdAtMs: nowMs, updatedAtMs: nowMs };
  const fn = { ...common, ...settings, shape: undefined, id: ids.next() };
  return { fn, trigger: { ...common, id: ids.next(), fnId: fn.id, type: "http", source: path, headers } };
}
