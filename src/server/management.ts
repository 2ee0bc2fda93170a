import type { IncomingMessage, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify from "fastify";
import type { Logger } from "pino";
import { LogFeed } from "../agent/log-feed.ts";
import type { Clock } from "../clock/clock.ts";
import type { Ids } from "../clock/ids.ts";
import type { Random } from "../clock/random.ts";
import { errorText, FnError, flatErrorText } from "../model/errors.ts";
import type { FnSettings } from "../model/fn.ts";
import { toJson } from "../model/json.ts";
import type { Store } from "../store/store.ts";
import { createErrorAnswer } from "./api/error-answer.ts";
import { compileInput } from "./api/input.ts";
import type { SealSecrets } from "./api/secrets.ts";
import { canonicalTarget } from "./api/target.ts";
import type { Access } from "./auth/access.ts";
import { guardWith } from "./auth/guard.ts";
import { serveTokens } from "./auth/tokens.ts";
import type { FnCounts } from "./metrics.ts";
import { type NodeInfo, serveNodeInfo } from "./node-info.ts";
import { collectOpenApi, serveOpenApi } from "./openapi/openapi.ts";
import { LogFollowers } from "./v1/log-follow.ts";
import { RunnerQueue } from "./v1/runner-queue.ts";
import { serveV1 } from "./v1/v1.ts";
import { serveV2, V2_PREFIX } from "./v2/v2.ts";

export interface ManagementOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Logger;
  /** Makes sure that calls already answered can be read: the recorder's flush. */
  readonly flushCalls: () => Promise<void>;
  /** What functions log here, as they do; absent on a node that runs none. */
  readonly logFeed?: LogFeed;
  /** What an image says of itself, for settings that a new route leaves open. Throws FnError when it is unusable. */
  readonly imageSettings: (image: string) => Promise<Partial<FnSettings>>;
  /** Makes secrets unreadable to all but the start of a container: those that a caller sends are kept so. */
  readonly sealSecrets: SealSecrets;
  /** What this node has counted of each function since its start; nothing on a node that runs none. */
  readonly fnCounts: () => Iterable<FnCounts>;
  readonly nodeInfo: NodeInfo;
  /** `api`: the version of Fn whose API this is, which its balancer asks for; `hotfn`: our own. */
  readonly version: { readonly api: string; readonly hotfn: string };
  /** Who may ask for what. */
  readonly access: Access;
  /** Bytes that nobody can guess, for tokens. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** How callers reach this node or its balancer, such as `https://fn.example.com`; absent, by the Host they name. */
  readonly publicUrl?: string;
  /** Largest body in bytes; 1 MiB if absent. */
  readonly bodyBytesMax?: number;
}

/** The management API: everything that a node answers by itself, without running a function. */
export interface Management {
  /** Answers one request. Never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** How many answers follow logs. */
  readonly logFollowers: number;
  /** The node goes down: answers that would go on for ever end. */
  drain(): void;
  /** Lets go of what it holds; the http server is its owner's. */
  close(): Promise<void>;
}

/** Bodies are an app, a function or a route: this is a config of a thousand long lines. */
const BODY_BYTES_MAX = 1024 * 1024;

/** Names are short, but one that is too long is told so, not that there is no such path. Node reads 16 KiB at most. */
const PARAM_LENGTH_MAX = 16 * 1024;

/** Resolves when it is ready to handle requests. */
export async function createManagement(options: ManagementOptions): Promise<Management> {
  const { log, logFeed = new LogFeed({ log }), access, bodyBytesMax = BODY_BYTES_MAX } = options;
  const answerError = createErrorAnswer({ log, textOf: errorText });
  const answerErrorFlat = createErrorAnswer({ log, textOf: flatErrorText });

  const followers = new LogFollowers({ ...options, logFeed });
  const runners = new RunnerQueue(options);

  const api = Fastify({
    bodyLimit: bodyBytesMax,
    exposeHeadRoutes: false,
    // Its owner stops the http server first; what arrived until then is answered.
    return503OnClosing: false,
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    rewriteUrl: ({ method = "", url = "" }) => canonicalTarget(method, url),
    // What the router cannot read belongs to no part of the API yet.
    frameworkErrors: (error, request, reply) => {
      const isV2 = request.url.startsWith(`${V2_PREFIX}/`);
      return (isV2 ? answerErrorFlat : answerError)(error, request, reply);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  api.setValidatorCompiler(compileInput);
  api.setSerializerCompiler(() => toJson);
  api.removeAllContentTypeParsers();
  api.addContentTypeParser("*", { parseAs: "buffer" }, async (_: unknown, body: Buffer) => body);

  api.addHook("onRequest", async (request) => {
    // A NUL is in no name, and PostgreSQL would refuse to look for one.
    if (request.originalUrl.includes("%00")) throw new FnError("url_malformed");
    // Every body is JSON, whatever it is called.
    request.headers["content-type"] = "application/json";
  });
  api.addHook("onRequest", guardWith(access));

  // The versions are parts of their own, since they refuse in ways of their own.
  await collectOpenApi(api, options.version);
  await api.register(async (part) => {
    part.setErrorHandler(answerError);
    serveV1(part.withTypeProvider<TypeBoxTypeProvider>(), options, { followers, runners });
    serveNodeInfo(part, options);
    serveTokens(part, { ...options, onChange: () => access.tokensChanged() });
    serveOpenApi(part);
  });
  await api.register(
    async (part) => {
      part.setErrorHandler(answerErrorFlat);
      serveV2(part.withTypeProvider<TypeBoxTypeProvider>(), options);
    },
    { prefix: V2_PREFIX },
  );

  await api.ready();
  return {
    handle: (request, response) => api.routing(request, response),
    get logFollowers() {
      return followers.count;
    },
    drain() {
      followers.stop();
      runners.drain();
    },
    async close() {
      followers.stop();
      runners.close();
      await api.close();
    },
  };
}
