import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { asFnError, FnError } from "../../model/errors.ts";
import { challengeOf } from "../auth/bearer.ts";

export interface ErrorAnswerOptions {
  readonly log: Logger;
  /** The body of an answer that refuses. */
  readonly textOf: (error: FnError) => string;
}

/** How every refusal is answered: code and sentence to the caller, the cause of a failure of ours to the log. */
export function createErrorAnswer({ log, textOf }: ErrorAnswerOptions) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const known = asKnown(error, request);
    if (known.fault === "platform") {
      const { method, originalUrl: url } = request;
      log.error({ err: known.cause ?? known, method, url }, known.message);
    }
    if (known.retryAfterS !== undefined) reply.header("Retry-After", known.retryAfterS);
    const [challenge, how] = challengeOf(known.code);
    if (challenge) reply.header(challenge, how);
    reply.code(known.status).type("application/json; charset=utf-8");
    return reply.send(textOf(known));
  };
}

/** Fastify's refusals in words of ours; what is nobody's refusal is `internal`. */
function asKnown(error: unknown, { raw, headers, routeOptions }: FastifyRequest): FnError {
  if (error instanceof FnError) return error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "FST_ERR_BAD_URL") return new FnError("url_malformed");
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    const length = headers["content-length"] ?? "chunked";
    return new FnError("body_too_large", { length, max: routeOptions.bodyLimit });
  }
  if (raw.destroyed && !raw.complete) return new FnError("client_gone", {}, { cause: error });
  return asFnError(error);
}
