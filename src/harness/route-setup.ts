import { isJsonObject } from "../model/json.ts";
import { HarnessError } from "./harness-error.ts";
import type { HttpClient } from "./http-client.ts";

/**
 * Makes sure, through the balancer, that there is something to call: creates the route, and with it its app, unless
 * it is there already; then it is left as it is. Settings besides the image are left to the image.
 */
export async function ensureRoute(
  client: HttpClient,
  balancer: string,
  route: string,
  image: string,
): Promise<"created" | "present"> {
  const { app, path } = partsOf(route);
  const reply = await client.send({
    method: "POST",
    authority: balancer,
    path: `/v1/apps/${app}/routes`,
    body: { route: { path, image } },
  });
  if (reply.status === 409) return "present";
  if (reply.status >= 200 && reply.status < 300) return "created";
  throw new HarnessError(`The route ${route} cannot be created: ${messageOf(reply.body) ?? reply.status}`);
}

/** `/r/APP/PATH` or `/t/APP/PATH` in plain characters, so that app and path can be read from it as they are. */
export function isRoute(text: string): boolean {
  return /^\/[rt]\/[\w-]+(\/[\w./~-]*)?$/.test(text);
}

function partsOf(route: string): { readonly app: string; readonly path: string } {
  const [, , app = "", ...path] = route.split("/");
  return { app, path: `/${path.join("/")}` };
}

function messageOf(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const error = isJsonObject(value) && isJsonObject(value.error) ? value.error : undefined;
    return typeof error?.message === "string" ? error.message : undefined;
  } catch {
    return undefined;
  }
}
