import type { IncomingMessage, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Clock } from "../clock/clock.ts";
import type { Ids } from "../clock/ids.ts";
import { FnError } from "../model/errors.ts";
import type { FnSettings } from "../model/fn.ts";
import { isJsonObject, toJson } from "../model/json.ts";
import type { Store } from "../store/store.ts";
import { decodedPath } from "./target.ts";
import { serveAbout } from "./v1/about.ts";
import { serveApps } from "./v1/apps.ts";
import { serveCalls } from "./v1/calls.ts";
import { createErrorAnswer } from "./v1/error-answer.ts";
import { compileInput } from "./v1/input.ts";
import { serveRoutes } from "./v1/routes.ts";
import { canonicalTarget } from "./v1/target.ts";

export interface ManagementOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** Makes sure that calls already answered can be read: the recorder's flush. */
  readonly flushCalls: () => Promise<void>;
  /** What an image says of itself, for settings that a new route leaves open. Throws FnError when it is unusable. */
  readonly imageSettings: (image: string) => Promise<Partial<FnSettings>>;
  /** `api`: the version of Fn whose API this is, which its balancer asks for; `hotfn`: our own. */
  readonly version: { readonly api: string; readonly hotfn: string };
  /** Largest body in bytes; 1 MiB if absent. */
  readonly bodyBytesMax?: number;
}

/** The management API: everything that a node answers by itself, without running a function. */
export interface Management {
  /** Answers one request. Never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Lets go of what it holds; the http server is its owner's. */
  close(): Promise<void>;
}

/** Bodies are an app or a route: this is a config of a thousand long lines. */
const BODY_BYTES_MAX = 1024 * 1024;

/** Names are short, but one that is too long is told so, not that there is no such path. Node reads 16 KiB at most. */
const PARAM_LENGTH_MAX = 16 * 1024;

/** Resolves when it is ready to handle requests. */
export async function createManagement(options: ManagementOptions): Promise<Management> {
  const { log, bodyBytesMax = BODY_BYTES_MAX } = options;
  const answerError = createErrorAnswer(log, bodyBytesMax);

  const api = Fastify({
    bodyLimit: bodyBytesMax,
    exposeHeadRoutes: false,
    // Its owner stops the http server first; what arrived until then is answered.
    return503OnClosing: false,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    rewriteUrl: ({ method = "", url = "" }) => canonicalTarget(method, url),
    frameworkErrors: answerError,
  }).withTypeProvider<TypeBoxTypeProvider>();

  api.setErrorHandler(answerError);
  api.setValidatorCompiler(compileInput);
  api.setSerializerCompiler(() => toJson);
  api.removeAllContentTypeParsers();
  api.addContentTypeParser("*", { parseAs: "buffer" }, async (_: unknown, body: Buffer) => body);

  api.addHook("onRequest", async (request) => {
    refuseOddTarget(request);
    // Every body is JSON, whatever it is called.
    request.headers["content-type"] = "application/json";
  });

  serveAbout(api, options);
  serveApps(api, options);
  serveRoutes(api, options);
  serveCalls(api, options);

  await api.ready();
  return {
    handle: (request, response) => api.routing(request, response),
    close: async () => api.close(),
  };
}

/** Errors: `url_malformed`, `path_not_found`, `app_name_missing`. */
function refuseOddTarget({ originalUrl, is404, params }: FastifyRequest): void {
  // A NUL is in no name, and PostgreSQL would refuse to look for one.
  if (originalUrl.includes("%00")) throw new FnError("url_malformed");
  if (is404) throw new FnError("path_not_found", { path: decodedPath(originalUrl) ?? originalUrl });
  if (isJsonObject(params) && params.app === "") throw new FnError("app_name_missing");
}
