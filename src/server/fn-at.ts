import { decodedPath } from "../http1/target.ts";
import { FnError } from "../model/errors.ts";
import { cleanRoutePath } from "../model/route.ts";
import type { FnInApp } from "../store/store.ts";
import type { FnCache } from "./fn-cache.ts";

/**
 * What a path of a client leads to, without its query: `/r/{app}/{route...}`, which is cleaned, `/t/{app}/{source...}`, which
 * is not, or `/invoke/{fnID}`. Without a route or a source it is that of `/`.
 * Errors: `route_path_malformed`, `path_not_found`, `app_name_missing`, `app_not_found`, `route_not_found`,
 * `trigger_not_found`, `fn_not_found`, `store_unavailable`.
 */
export async function fnAt(fns: FnCache, clientPath: string): Promise<FnInApp> {
  // Routing works on what the client meant, however it spelled that. A NUL is in no name, and PostgreSQL would refuse to
  // look for one.
  const path = decodedPath(clientPath);
  if (path === undefined || path.includes("\0")) throw new FnError("route_path_malformed");
  const [, prefix, name = "", rest = ""] = /^\/(r|t|invoke)\/([^/]*)(.*)$/s.exec(path) ?? [];
  switch (prefix) {
    case "r":
      return await fnOfApp(fns, name, cleanRoutePath(rest), clientPath, "route_not_found");
    case "t":
      return await fnOfApp(fns, name, rest || "/", clientPath, "trigger_not_found");
    case "invoke":
      if (name !== "" && rest === "") return await fnById(fns, name, clientPath);
  }
  // Only calls by id come to this, and they are all POST.
  throw new FnError("path_not_found", { path: `POST ${path}` });
}

async function fnOfApp(
  fns: FnCache,
  appName: string,
  source: string,
  clientPath: string,
  notFound: "route_not_found" | "trigger_not_found",
): Promise<FnInApp> {
  if (appName === "") throw new FnError("app_name_missing");
  const called = await fns.get({ appName, source }, clientPath);
  if (called) return called;
  throw new FnError((await fns.hasApp(appName)) ? notFound : "app_not_found");
}

async function fnById(fns: FnCache, fnId: string, clientPath: string): Promise<FnInApp> {
  const called = await fns.get({ fnId }, clientPath);
  if (called) return called;
  throw new FnError("fn_not_found");
}
