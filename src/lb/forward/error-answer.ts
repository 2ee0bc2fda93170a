import type { Exchange } from "../../http1/exchange.ts";
import type { Http1Error, Http1ErrorKind } from "../../http1/http1-error.ts";
import type { Refusal } from "../../http1/server-connection.ts";
import { type ErrorCode, errorText, FnError } from "../../model/errors.ts";

/** Gives an error as the answer, with the id of its request. Does nothing when an answer was begun. */
export function answerError(exchange: Exchange, error: FnError, requestId: string): void {
  const { status, fields, body } = refusalFor(error, requestId);
  exchange.answer(status, fields, body);
}

/** An error as an answer. */
export function refusalFor(error: FnError, requestId: string): Refusal {
  const fields = ["Content-Type", "application/json", "X-Request-Id", requestId];
  if (error.retryAfterS !== undefined) fields.push("Retry-After", String(error.retryAfterS));
  return { status: error.status, fields, body: Buffer.from(errorText(error, requestId)) };
}

const CODES: Readonly<Record<Http1ErrorKind, ErrorCode>> = {
  malformed: "request_malformed",
  head_too_large: "request_head_too_large",
  target_too_long: "request_target_too_long",
  version_unsupported: "http_version_unsupported",
  too_slow: "request_too_slow",
};

/** Bytes that are no request, as an error for the one who sent them. */
export function requestErrorOf(error: Http1Error): FnError {
  return new FnError(CODES[error.kind], { reason: error.message }, { cause: error });
}
