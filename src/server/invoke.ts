import type { IncomingMessage, ServerResponse } from "node:http";
import type { Agent, CallInput } from "../agent/agent.ts";
import type { Clock } from "../clock/clock.ts";
import type { Ids } from "../clock/ids.ts";
import { asFnError, errorText, FnError } from "../model/errors.ts";
import { cleanRoutePath } from "../model/route.ts";
import type { RouteInApp } from "../store/store.ts";
import { AnswerWriter } from "./answer-writer.ts";
import { endToEndFields } from "./fields.ts";
import type { RouteCache } from "./route-cache.ts";
import { decodedPath } from "./target.ts";

const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "POST",
  "PUT",
  "PATCH",
  "HEAD",
  "OPTIONS",
  "DELETE",
  "CONNECT",
  "TRACE",
]);

export interface InvokerOptions {
  readonly agent: Pick<Agent, "submit">;
  readonly routes: RouteCache;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly nodeName: string;
  /** Largest body of a call, in bytes; beyond it the call is refused with 413. */
  readonly bodyBytesMax: number;
}

/** Answers `/r/{app}` and `/r/{app}/{route...}`, any method: the way of a call through a node. */
export class Invoker {
  readonly #options: InvokerOptions;

  constructor(options: InvokerOptions) {
    this.#options = options;
  }

  /** Whether a request target is one of these. */
  static isInvocation(target: string): boolean {
    return target.startsWith("/r/");
  }

  /** Runs the call and writes its answer. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock } = this.#options;
    const createdAtMs = clock.nowMs();
    const createdAtNs = clock.monotonicNs();
    let route: RouteInApp;
    try {
      route = await this.#routeOf(request);
      this.#refuseLargeBody(request);
    } catch (error) {
      writeError(response, asFnError(error));
      return;
    }

    const callId = this.#options.ids.next();
    const cancel = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) cancel.abort(new FnError("client_gone"));
    });
    const answer = new AnswerWriter({
      response,
      clock,
      callId,
      nodeName: this.#options.nodeName,
      routeHeaders: route.trigger.headers,
      isJudgedAtEnd: route.fn.format === "default",
      elapsedNs: () => clock.monotonicNs() - createdAtNs,
      showsTimeline: request.headers["fn-show-timeline"] !== undefined,
    });
    try {
      if (route.fn.type === "async") throw new FnError("async_unsupported");
      const input = this.#inputOf(request, route, callId, createdAtMs);
      await this.#options.agent.submit({ route, input, createdAtMs, createdAtNs, sink: answer, cancel });
      answer.end();
    } catch (error) {
      answer.fail(asFnError(error));
    }
    // What the function left unread of the body would block the next request on this connection.
    if (!request.complete) request.resume();
  }

  async #routeOf(request: IncomingMessage): Promise<RouteInApp> {
    // Routing works on what the client meant, however it spelled that.
    const path = decodedPath(request.url ?? "/");
    if (path === undefined) throw new FnError("route_path_malformed");
    if (!METHODS.has(request.method ?? "")) throw new FnError("path_not_found", { path });
    const [, appName = "", rest = ""] = /^\/r\/([^/]*)(.*)$/s.exec(path) ?? [];
    if (appName === "") throw new FnError("app_name_missing");
    const route = await this.#options.routes.get(appName, cleanRoutePath(rest));
    if (route) return route;
    throw new FnError((await this.#options.routes.hasApp(appName)) ? "route_not_found" : "app_not_found");
  }

  #refuseLargeBody(request: IncomingMessage): void {
    const { bodyBytesMax: max } = this.#options;
    const length = Number(request.headers["content-length"] ?? 0);
    if (length > max) throw new FnError("body_too_large", { length, max });
  }

  #inputOf(request: IncomingMessage, route: RouteInApp, callId: string, createdAtMs: number): CallInput {
    const { headers, method = "GET", rawHeaders, url = "/" } = request;
    const host = headers.host ?? "";
    const length = headers["content-length"];
    const isChunked = headers["transfer-encoding"] !== undefined;
    const hasBody = isChunked || (length !== undefined && length !== "0");
    return {
      callId,
      type: route.fn.type,
      method,
      target: url,
      host,
      requestUrl: `http://${host}${url}`,
      headers: endToEndFields(rawHeaders, headers.connection),
      deadlineMs: createdAtMs + 1000 * route.fn.timeoutS,
      body: hasBody ? limited(request, this.#options.bodyBytesMax) : undefined,
      bodyBytes: length === undefined ? undefined : Number(length),
    };
  }
}

/** An error before there was a call. */
export function writeError(response: ServerResponse, error: FnError): void {
  const body = Buffer.from(errorText(error));
  response.writeHead(error.status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": body.length,
  });
  response.end(body);
}

/** The body as it comes. A length that was told has been checked; chunks are counted. */
async function* limited(request: IncomingMessage, max: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  // A function that stops reading ends this loop: that must not break the connection its answer needs.
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    bytes += part.length;
    if (bytes > max) throw new FnError("body_too_large", { length: `over ${max}`, max });
    yield part;
  }
}
