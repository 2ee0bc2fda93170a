import type { Agent, CallInput } from "../agent/agent.ts";
import { Cancel } from "../clock/cancel.ts";
import type { Clock } from "../clock/clock.ts";
import type { Ids } from "../clock/ids.ts";
import type { Exchange } from "../http1/exchange.ts";
import type { RequestHead } from "../http1/request-reader.ts";
import type { Refusal } from "../http1/server-connection.ts";
import { asFnError, errorText, FnError } from "../model/errors.ts";
import type { RouteInApp } from "../store/store.ts";
import { AnswerWriter, JSON_TYPE } from "./answer-writer.ts";
import { DRAINING_FIELDS } from "./draining.ts";
import { endToEndFields, hasField } from "./fields.ts";
import { asRequestError } from "./request-error.ts";
import { routeAt } from "./route-at.ts";
import type { RouteCache } from "./route-cache.ts";
import { pathOf } from "./target.ts";

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
  /** Whether the node is going down, which its answers tell. */
  readonly isDraining: () => boolean;
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
  async handle(exchange: Exchange): Promise<void> {
    const { clock, isDraining } = this.#options;
    const createdAtMs = clock.nowMs();
    const createdAtNs = clock.monotonicNs();
    let route: RouteInApp;
    try {
      const { method, target } = exchange.head;
      const path = pathOf(target);
      if (!METHODS.has(method)) throw new FnError("path_not_found", { path });
      route = this.#options.routes.peek(path) ?? (await routeAt(this.#options.routes, path));
      this.#refuseLargeBody(exchange.head);
    } catch (error) {
      writeError(exchange, asFnError(error), isDraining());
      return;
    }

    const callId = this.#options.ids.next();
    const cancel = new Cancel();
    exchange.onGone = () => cancel.abort(new FnError("client_gone"));
    if (exchange.isOver) exchange.onGone();
    const answer = new AnswerWriter({
      exchange,
      clock,
      callId,
      nodeName: this.#options.nodeName,
      routeHeaders: route.trigger.headers,
      isJudgedAtEnd: route.fn.format === "default",
      isDraining,
      elapsedNs: () => clock.monotonicNs() - createdAtNs,
      showsTimeline: hasField(exchange.head.fields, "fn-show-timeline"),
    });
    try {
      if (route.fn.type === "async") throw new FnError("async_unsupported");
      const input = this.#inputOf(exchange, route, callId, createdAtMs);
      await this.#options.agent.submit({ route, input, createdAtMs, createdAtNs, sink: answer, cancel });
      answer.end();
    } catch (error) {
      answer.fail(asFnError(error));
    }
  }

  #refuseLargeBody({ contentLength: length = 0 }: RequestHead): void {
    const { bodyBytesMax: max } = this.#options;
    if (length > max) throw new FnError("body_too_large", { length, max });
  }

  #inputOf({ head, body }: Exchange, route: RouteInApp, callId: string, createdAtMs: number): CallInput {
    const { method, target, host, contentLength } = head;
    return {
      callId,
      type: route.fn.type,
      method,
      target,
      host,
      requestUrl: `http://${host}${target}`,
      headers: endToEndFields(head),
      deadlineMs: createdAtMs + 1000 * route.fn.timeoutS,
      body: body && limited(body, this.#options.bodyBytesMax),
      bodyBytes: contentLength,
    };
  }
}

/** An error before there was a call. */
export function writeError(exchange: Exchange, error: FnError, isDraining: boolean): void {
  const { status, fields, body } = errorAnswer(error, isDraining);
  exchange.answer(status, fields, body);
}

/** What is answered in place of a call. */
export function errorAnswer(error: FnError, isDraining: boolean): Refusal {
  const fields = ["Content-Type", JSON_TYPE, ...(isDraining ? DRAINING_FIELDS : [])];
  return { status: error.status, fields, body: Buffer.from(errorText(error)) };
}

/** The body as it comes. A length that was told has been checked; chunks are counted. */
async function* limited(body: AsyncIterable<Uint8Array>, max: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const part of body) {
      bytes += part.length;
      if (bytes > max) throw new FnError("body_too_large", { length: `over ${max}`, max });
      yield part;
    }
  } catch (error) {
    throw asRequestError(error);
  }
}
