import type { HeaderField } from "../../http1/fields.ts";
import { type ErrorCode, FnError } from "../../model/errors.ts";
import { isTokenText } from "../../model/token.ts";

/** Credentials of RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1). */
const BEARER = /^bearer(?: +([\w.~+/-]+=*))?$/i;

/**
 * The token that a request brings in its Authorization field. Tokens in the query or in a body, which RFC 6750 allows, and
 * which end up in logs, are not read. Errors: `token_missing`, `token_malformed`.
 */
export function bearerToken(fields: readonly HeaderField[]): string {
  const [value, second] = fields.flatMap(([name, text]) =>
    name.toLowerCase() === "authorization" ? [text] : [],
  );
  // Of two, nobody can tell which is meant.
  if (second !== undefined) throw new FnError("token_malformed");
  if (value === undefined || !/^bearer(?: |$)/i.test(value)) throw new FnError("token_missing");
  const token = BEARER.exec(value)?.[1];
  if (token === undefined) throw new FnError("token_malformed");
  return token;
}

/** Whether the value of an Authorization field is a token of ours, which is the platform's business and no function's. */
export function isTokenValue(value: string): boolean {
  return isTokenText(BEARER.exec(value)?.[1] ?? "");
}

/** The WWW-Authenticate field of an answer that refuses a caller for its token (RFC 6750 section 3); else none. */
export function challengeOf(code: ErrorCode): readonly string[] {
  const challenge = CHALLENGES[code];
  return challenge === undefined ? [] : ["WWW-Authenticate", challenge];
}

/** RFC 6750 section 3.1: who brought no token is not told of an error. */
const CHALLENGES: Readonly<Partial<Record<ErrorCode, string>>> = {
  token_missing: 'Bearer realm="hotfn"',
  token_malformed: 'Bearer realm="hotfn", error="invalid_request"',
  token_unknown: 'Bearer realm="hotfn", error="invalid_token"',
  token_expired: 'Bearer realm="hotfn", error="invalid_token"',
  scope_missing: 'Bearer realm="hotfn", error="insufficient_scope"',
};
