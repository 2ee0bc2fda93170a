import { Agent } from "undici";
import type { Clock } from "../clock/clock.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  /** `host:port` */
  readonly authority: string;
  /** With the query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface Reply {
  readonly status: number;
  /** By name in small letters. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The first `BODY_BYTES_KEPT` bytes of it; the rest is read and dropped. */
  readonly body: string;
  /** From the start of the request to the last byte of the answer. */
  readonly durationMs: number;
}

/** Nobody answered, or not to the end, or not in time. */
export class NoReplyError extends Error {
  override readonly name = "NoReplyError";
  /** `timeout`, or the code of the network's error, such as `ECONNREFUSED`. */
  readonly reason: string;
  readonly durationMs: number;

  constructor(reason: string, durationMs: number, cause: unknown) {
    super(`no answer (${reason})`, { cause });
    this.reason = reason;
    this.durationMs = durationMs;
  }
}

/** Enough for an answer of the function and for any error message. */
const BODY_BYTES_KEPT = 64 * 1024;

/** Requests over connections that stay open, each with a time limit. */
export class HttpClient {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #agent: Agent;

  /** @param connectionsMax to each server */
  constructor(clock: Clock, timeoutMs: number, connectionsMax: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    // The one limit is ours, over the whole exchange: those for its parts are off.
    const limits = { headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 0 } };
    this.#agent = new Agent({ connections: connectionsMax, pipelining: 1, ...limits });
  }

  /** Resolves with any answer, whatever its status. Errors: `NoReplyError`. */
  async send(request: HttpRequest): Promise<Reply> {
    const startNs = this.#clock.monotonicNs();
    const elapsedMs = () => (this.#clock.monotonicNs() - startNs) / 1e6;
    const limit = new AbortController();
    const timer = this.#clock.after(this.#timeoutMs, () => limit.abort());
    try {
      const answer = await this.#exchange(request, limit.signal);
      return { ...answer, durationMs: elapsedMs() };
    } catch (error) {
      throw new NoReplyError(limit.signal.aborted ? "timeout" : reasonOf(error), elapsedMs(), error);
    } finally {
      timer.cancel();
    }
  }

  /** Ends all connections. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #exchange({ method, authority, path, body }: HttpRequest, signal: AbortSignal) {
    const content =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const origin = `http://${authority}`;
    const answer = await this.#agent.request({ origin, path, method, signal, ...content });
    const kept: Buffer[] = [];
    let keptBytes = 0;
    for await (const part of answer.body) {
      const bytes: Buffer = part;
      if (keptBytes >= BODY_BYTES_KEPT) continue;
      kept.push(bytes);
      keptBytes += bytes.length;
    }
    const text = Buffer.concat(kept).toString("utf8", 0, BODY_BYTES_KEPT);
    return { status: answer.statusCode, headers: answer.headers, body: text };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
