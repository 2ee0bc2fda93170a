import { type ErrorCode, FnError } from "../model/errors.ts";
import { Http1Error, type Http1ErrorKind } from "./http1-error.ts";

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

/** The same for whatever was caught: any other error is given as it is. */
export function asRequestError(error: unknown): unknown {
  return error instanceof Http1Error ? requestErrorOf(error) : error;
}
