import type { Exchange } from "../../http1/exchange.ts";
import type { Refusal } from "../../http1/server-connection.ts";
import { errorText, type FnError } from "../../model/errors.ts";

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
