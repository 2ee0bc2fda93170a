import type { FastifyReply, FastifyRequest } from "fastify";
import { decodedPath } from "../../http1/target.ts";
import { FnError } from "../../model/errors.ts";
import type { Api } from "../api/api.ts";

/**
 * Has requests that no endpoint takes refused: 405 with an Allow field (RFC 9110, 15.5.6) when the path has endpoints of
 * other methods, else 404. To be called before endpoints are put on `api`.
 * Errors: `method_not_allowed`, `path_not_found`.
 */
export function refuseUnknownTargets(api: Api): void {
  const endpoints: Endpoint[] = [];
  api.addHook("onRoute", ({ method, url }) => {
    endpoints.push({ methods: [method].flat(), pattern: patternOf(url) });
  });

  const refuse = async ({ is404, method, originalUrl }: FastifyRequest, reply: FastifyReply) => {
    if (!is404) return;
    const path = decodedPath(originalUrl) ?? originalUrl;
    const allowed = endpoints.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);
    if (allowed.length === 0) throw new FnError("path_not_found", { path: `${method} ${path}` });
    reply.header("Allow", allowed.join(", "));
    throw new FnError("method_not_allowed", { method, path });
  };
  // In a hook, so that nobody reads the body of a request that goes nowhere; the handler gives the hook its place.
  api.addHook("onRequest", refuse);
  api.setNotFoundHandler(refuse);
}

interface Endpoint {
  readonly methods: readonly string[];
  readonly pattern: RegExp;
}

/** A path of the router, else of letters and digits, as a pattern: `:name` is one segment, and `*` is all that follows. */
function patternOf(url: string): RegExp {
  const segments = url.split("/").map((segment) => {
    if (segment === "*") return ".*";
    return segment.startsWith(":") ? "[^/]+" : segment;
  });
  return new RegExp(`^${segments.join("/")}/?$`, "s");
}
