import { decodedPath, pathOf } from "../../http1/target.ts";

/**
 * How request targets are read. Routing works on the decoded path, as in Fn, so `%2F` separates like `/`; and one
 * slash at the end changes nothing, except after `/v1/apps/{app}/routes`, where it names the route `/` to all who
 * ask for a route. A POST there adds one, and so asks for none. Sources of triggers are taken as they are.
 */

/** The target in the one spelling that the router knows. One that cannot be decoded stays, for it to refuse. */
export function canonicalTarget(method: string, target: string): string {
  const path = decodedPath(target);
  if (path === undefined || !path.startsWith("/")) return target;
  const isRoute = method !== "POST" && /^\/v1\/apps\/[^/]*\/routes\//.test(path);
  const isSource = /^\/v2\/runner\/apps\/[^/]*\/triggerBySource\//.test(path);
  const isKept = path === "/" || isRoute || isSource;
  const named = isKept ? path : path.replace(/\/$/, "");
  return named.split("/").map(encodeURIComponent).join("/") + target.slice(pathOf(target).length);
}
