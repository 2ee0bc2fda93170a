import type { Exchange } from "../http1/exchange.ts";
import { DRAINING_FIELDS } from "../http1/node-state.ts";
import type { Refusal } from "../http1/server-connection.ts";
import { type ErrorCode, errorText, type FnError, flatErrorText } from "../model/errors.ts";
import { challengeOf } from "./auth/bearer.ts";

/** The API whose manners an answer has: `/r` those of /v1, `/t` and `/invoke` those of /v2. */
export type ApiVersion = "v1" | "v2";

/** Of what the platform itself answers. */
export const JSON_TYPE = "application/json; charset=utf-8";

/** What Fn tells a caller to wait after a 503, in seconds, unless the error knows better. */
const RETRY_AFTER_S = 15;

/** Answers a request with an error, before there was a call. */
export function refuse(exchange: Exchange, error: FnError, api: ApiVersion, isDraining: boolean): void {
  const { status, fields, body } = refusalOf(error, api, isDraining);
  exchange.answer(status, fields, body);
}

/** What is answered in place of a call. */
export function refusalOf(error: FnError, api: ApiVersion, isDraining: boolean): Refusal {
  const { status, fields, body } = errorAnswer(error, api);
  const more = isDraining ? DRAINING_FIELDS : [];
  return { status, fields: ["Content-Type", JSON_TYPE, ...fields, ...more], body };
}

/** An error as the API tells it: the fields are those that this error has beside its type. */
export function errorAnswer(error: FnError, api: ApiVersion): Refusal {
  const { status, body } = api === "v1" ? inEnvelope(error) : flat(error);
  return { status, fields: fieldsOf(error, status), body };
}

function inEnvelope(error: FnError): Pick<Refusal, "status" | "body"> {
  return { status: error.status, body: Buffer.from(errorText(error)) };
}

function flat(error: FnError): Pick<Refusal, "status" | "body"> {
  const { code, message, hint } = error;
  const own = OF_V2[code];
  if (!own) return { status: error.status, body: Buffer.from(flatErrorText(error)) };
  const text = flatErrorText({ code, message: own.message, hint: hint ?? message });
  return { status: own.status ?? error.status, body: Buffer.from(text) };
}

function fieldsOf({ code, retryAfterS = RETRY_AFTER_S }: FnError, status: number): readonly string[] {
  if (status === 503) return ["Retry-After", String(retryAfterS)];
  // RFC 9110 section 15.5.6. Only calls by a fn's id are choosy.
  return code === "method_not_allowed" ? ["Allow", "POST"] : challengeOf(code);
}

/** Where /v2 has another sentence than /v1, or another status. Source: section 8.3 of the API reference. */
const OF_V2: Readonly<Partial<Record<ErrorCode, { readonly status?: number; readonly message: string }>>> = {
  answer_invalid: { message: "invalid function response" },
  container_exited: { message: "error receiving function response" },
  body_too_large: { message: "Request content too large" },
  resources_impossible: { status: 400, message: "Requested CPU/Memory cannot be allocated" },
};
