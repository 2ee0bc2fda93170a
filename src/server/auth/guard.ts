import type { FastifyRequest } from "fastify";
import type { HeaderField } from "../../http1/fields.ts";
import type { TokenScope } from "../../model/token.ts";
import type { Access } from "./access.ts";

export const TOKENS_PATH = "/1/tokens";

/** Who lists tokens knows whom to be; who asks for a call to run takes it from others. */
const MANAGE_EVEN_TO_GET = [TOKENS_PATH, "/v1/runner/"];

/**
 * Endpoints, as the router knows them, that tell nothing of what is here: balancers ask for the version before they send
 * anything, and the description of the API is the same everywhere.
 */
const OPEN: ReadonlySet<string> = new Set(["/", "/version", "/openapi", "/openapi.json"]);

/** The hook that refuses, before anything of a request is looked at, who may not have it answered. */
export function guardWith(access: Access): (request: FastifyRequest) => Promise<void> {
  return async ({ method, routeOptions: { url }, raw }) => {
    if (url !== undefined && OPEN.has(url)) return;
    const asker = { fields: fieldsOf(raw.rawHeaders), peer: raw.socket.remoteAddress ?? "" };
    await access.authorize(asker, scopeOf(method, url));
  };
}

function scopeOf(method: string, url: string | undefined): TokenScope {
  if (method !== "GET" && method !== "HEAD") return "manage";
  return MANAGE_EVEN_TO_GET.some((path) => url?.startsWith(path)) ? "manage" : "read";
}

/** Of names and values in turn. */
function fieldsOf(raw: readonly string[]): HeaderField[] {
  const fields: HeaderField[] = [];
  for (let i = 0; i < raw.length; i += 2) fields.push([raw[i] ?? "", raw[i + 1] ?? ""]);
  return fields;
}
