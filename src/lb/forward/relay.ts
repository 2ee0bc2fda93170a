import type { ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import { answerFields, type RawFields, waitOf } from "./fields.ts";

/** How an attempt to have a request answered by a node has ended. */
export type Outcome =
  /** The answer is with the client, as far as node and client let it come. */
  | { readonly kind: "done" }
  /** No connection: nothing of the request was sent. */
  | { readonly kind: "unreachable"; readonly cause: Error }
  /** The connection broke after the request was sent and before an answer came. */
  | { readonly kind: "broken"; readonly cause: Error };

/**
 * Carries the answer of a node to the client while it arrives, at the speed of the slower one. When the client
 * leaves, the request to the node is cancelled; when the node breaks off in the middle, the client's connection
 * is cut, so that the client does not take the part for the whole.
 */
export class Relay implements Dispatcher.DispatchHandler {
  readonly outcome: Promise<Outcome>;
  readonly #resolve: (outcome: Outcome) => void;
  readonly #response: ServerResponse;
  readonly #onAnswer: (waitNs: number | undefined) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #hasBody = false;

  /** `onAnswer` is told the wait when the head of the final answer is there. */
  constructor(response: ServerResponse, onAnswer: (waitNs: number | undefined) => void) {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#response = response;
    this.#onAnswer = onAnswer;
    response.on("close", this.#onClose);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#response.destroyed) controller.abort(CLIENT_LEFT);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _: unknown, reason = ""): void {
    const raw = rawFields(controller.rawHeaders);
    if (status < 200) {
      this.#inform(status, raw);
      return;
    }
    this.#onAnswer(waitOf(raw));
    // Undici reads the reason as UTF-8, and node:http writes one byte a character.
    const reasonBytes = Buffer.from(reason).toString("latin1");
    this.#response.sendDate = false;
    this.#response.writeHead(status, reasonBytes, answerFields(raw));
    // A body that is there already goes out in one packet with the head; else the head goes alone. An empty write
    // does that; `flushHeaders` would encode the head as UTF-8.
    process.nextTick(() => {
      const isOver = this.#response.writableEnded || this.#response.destroyed;
      if (!this.#hasBody && !isOver) this.#response.write(EMPTY);
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#hasBody = true;
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once("drain", () => controller.resume());
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    const trailers = answerFields(rawFields(controller.rawTrailers));
    if (trailers.length > 0) this.#response.addTrailers(toPairs(trailers));
    this.#response.end();
    this.#finish({ kind: "done" });
  }

  onResponseError(_: unknown, cause: Error): void {
    this.#finish(this.#judge(cause));
  }

  #judge(cause: Error): Outcome {
    if (this.#response.headersSent) this.#response.destroy();
    if (this.#response.destroyed) return { kind: "done" };
    return { kind: this.#controller === undefined ? "unreachable" : "broken", cause };
  }

  /** An answer before the answer, such as 103; an HTTP/1.0 client knows none (RFC 9110, section 15.2). */
  #inform(status: number, raw: RawFields): void {
    if (this.#response.req.httpVersion !== "1.0") this.#response.writeInformation(status, answerFields(raw));
  }

  #finish(outcome: Outcome): void {
    this.#response.off("close", this.#onClose);
    this.#resolve(outcome);
  }

  readonly #onClose = (): void => {
    this.#controller?.abort(CLIENT_LEFT);
  };
}

const EMPTY = Buffer.alloc(0);
const CLIENT_LEFT = new Error("the client left before the answer was whole");

/** The names and values of one message as node:http writes them: one character a byte. */
function rawFields(raw: Dispatcher.DispatchController["rawHeaders"]): RawFields {
  if (!Array.isArray(raw)) return [];
  return raw.map((text) => (typeof text === "string" ? text : text.toString("latin1")));
}

function toPairs(fields: RawFields): [name: string, value: string][] {
  return Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i] ?? "", fields[2 * i + 1] ?? ""]);
}
