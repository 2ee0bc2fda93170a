import type { Logger } from "pino";
import type { Agent, CallInput } from "../agent/agent.ts";
import { Cancel } from "../clock/cancel.ts";
import type { Clock } from "../clock/clock.ts";
import type { Ids } from "../clock/ids.ts";
import type { Exchange } from "../http1/exchange.ts";
import type { RequestHead } from "../http1/request-reader.ts";
import { pathOf } from "../http1/target.ts";
import { limited } from "../http1/whole-body.ts";
import { asFnError, FnError } from "../model/errors.ts";
import type { FnInApp, QueueStore } from "../store/store.ts";
import { type AnswerOptions, AnswerWriter } from "./answer-writer.ts";
import { isFromBalancer } from "./draining.ts";
import { endToEndFields, hasField } from "./fields.ts";
import { fnAt } from "./fn-at.ts";
import type { FnCache } from "./fn-cache.ts";
import { enqueueCall } from "./queueing.ts";
import { type ApiVersion, refuse } from "./refusal.ts";
import { UploadRoom } from "./upload-room.ts";

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
  readonly fns: FnCache;
  readonly queue: QueueStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly nodeName: string;
  /** Largest body of a call, in bytes; beyond it the call is refused with 413. */
  readonly bodyBytesMax: number;
  /** The same of a call that nobody waits for: it is held in memory, and stored. */
  readonly asyncBodyBytesMax: number;
  /** Whether the node is going down, which its answers tell. */
  readonly isDraining: () => boolean;
  /** Throws, or rejects with, an FnError for a caller who may not call; asked before anything is looked up. */
  readonly authorize?: (head: RequestHead) => void | Promise<void>;
}

/**
 * Answers calls by route (`/r/{app}/{route...}`), by trigger (`/t/{app}/{source...}`) and by the id of a fn
 * (`POST /invoke/{fnID}`): the way of a call through a node.
 */
export class Invoker {
  readonly #options: InvokerOptions;
  readonly #uploads = new UploadRoom();

  constructor(options: InvokerOptions) {
    this.#options = options;
  }

  /** Runs the call, or stores it to be run later, and writes its answer. Never rejects. */
  async handle(exchange: Exchange): Promise<void> {
    const { agent, clock, fns, authorize, isDraining } = this.#options;
    const createdAtMs = clock.nowMs();
    const createdAtNs = clock.monotonicNs();
    const { head } = exchange;
    const api = apiOf(head.target);
    let called: FnInApp;
    let isLater: boolean;
    try {
      const path = pathOf(head.target);
      refuseMethod(head.method, path, api);
      const authorized = authorize?.(head);
      if (authorized) await authorized;
      called = fns.peek(path) ?? (await fnAt(fns, path));
      isLater = isForLater(called, api, head);
      this.#refuseLargeBody(head, isLater);
    } catch (error) {
      refuse(exchange, this.#known(error, head), api, isDraining());
      return;
    }

    const answerOptions = this.#answerOptions(exchange, api, called, createdAtNs);
    if (isLater) return await this.#queue(answerOptions, called, createdAtMs);
    const answer = new AnswerWriter(answerOptions);
    const cancel = new Cancel();
    exchange.onGone = () => cancel.abort(new FnError("client_gone"));
    if (exchange.isOver) exchange.onGone();
    try {
      const input = this.#inputOf(exchange, called, answerOptions.callId, createdAtMs);
      await agent.submit({ called, input, createdAtMs, createdAtNs, sink: answer, cancel });
      answer.end();
    } catch (error) {
      answer.fail(asFnError(error));
    }
  }

  /** The call is stored before it is acknowledged, by a node that goes down, too. */
  async #queue(answerOptions: AnswerOptions, called: FnInApp, createdAtMs: number): Promise<void> {
    const { exchange, api, callId: id } = answerOptions;
    const { queue, asyncBodyBytesMax: bodyBytesMax } = this.#options;
    try {
      const callId = await enqueueCall({ queue, bodyBytesMax, uploads: this.#uploads }, exchange, {
        id,
        createdAtMs,
        called,
      });
      new AnswerWriter({ ...answerOptions, callId }).accept(acknowledgement(callId, api));
    } catch (error) {
      new AnswerWriter(answerOptions).fail(this.#known(error, exchange.head));
    }
  }

  /** What nobody foresaw goes into the log, since its caller is told nothing of it. */
  #known(error: unknown, { method, target }: RequestHead): FnError {
    const known = asFnError(error);
    if (known.code === "internal") {
      this.#options.log.error({ err: error, method, target }, "a call broke before it was handed on");
    }
    return known;
  }

  #refuseLargeBody({ contentLength: length = 0 }: RequestHead, isLater: boolean): void {
    const { bodyBytesMax, asyncBodyBytesMax } = this.#options;
    const max = isLater ? asyncBodyBytesMax : bodyBytesMax;
    if (length > max) throw new FnError("body_too_large", { length, max });
  }

  #answerOptions(
    exchange: Exchange,
    api: ApiVersion,
    { fn, trigger }: FnInApp,
    createdAtNs: number,
  ): AnswerOptions {
    const { clock, ids, nodeName, isDraining } = this.#options;
    const { fields } = exchange.head;
    return {
      exchange,
      clock,
      api,
      callId: ids.next(),
      nodeName,
      tellsWait: api === "v1" || isFromBalancer(fields),
      triggerHeaders: trigger?.headers ?? NO_HEADERS,
      isJudgedAtEnd: fn.format === "default",
      isDraining,
      elapsedNs: () => clock.monotonicNs() - createdAtNs,
      showsTimeline: hasField(fields, "fn-show-timeline"),
    };
  }

  #inputOf({ head, body }: Exchange, called: FnInApp, callId: string, createdAtMs: number): CallInput {
    const { method, target, host, contentLength } = head;
    return {
      callId,
      type: called.fn.type,
      method,
      target,
      host,
      requestUrl: `http://${host}${target}`,
      headers: endToEndFields(head),
      isDirect: called.trigger === undefined,
      deadlineMs: createdAtMs + 1000 * called.fn.timeoutS,
      body: body && limited(body, this.#options.bodyBytesMax),
      bodyBytes: contentLength,
    };
  }
}

/** Whether a request target is that of a call. */
export function isInvocation(target: string): boolean {
  return target.startsWith("/r/") || target.startsWith("/t/") || target.startsWith(BY_ID);
}

/** The API that a request belongs to, by its target. */
export function apiOf(target: string): ApiVersion {
  return target.startsWith("/t/") || target.startsWith(BY_ID) || target.startsWith("/v2/") ? "v2" : "v1";
}

/** That there is nothing at a path, in the words of its API. */
export function pathNotFound(method: string, path: string, api: ApiVersion): FnError {
  return new FnError("path_not_found", { path: api === "v1" ? path : `${method} ${path}` });
}

/** Errors: `path_not_found`, `method_not_allowed`. */
function refuseMethod(method: string, path: string, api: ApiVersion): void {
  if (!METHODS.has(method)) throw pathNotFound(method, path, api);
  if (method !== "POST" && path.startsWith(BY_ID)) throw new FnError("method_not_allowed", { method, path });
}

/** Whether nobody waits for the call's answer: the fn is such a one, or the caller of a fn or a trigger wants it so. */
function isForLater({ fn }: FnInApp, api: ApiVersion, { fields }: RequestHead): boolean {
  if (fn.type === "async") return true;
  return api === "v2" && hasField(fields, "fn-invoke-type", "detached");
}

/** What a caller gets to whom the answer does not matter. Sources: sections 3.6 and 8.4 of the API reference. */
function acknowledgement(callId: string, api: ApiVersion): string {
  return api === "v1" ? JSON.stringify({ call_id: callId }) : "";
}

const BY_ID = "/invoke/";

const NO_HEADERS = {};
