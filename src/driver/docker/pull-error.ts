import { type ErrorCode, FnError } from "../../model/errors.ts";
import { isUnreachable, reasonOf, statusOf, unreachable } from "./engine.ts";

/** In this order: the words of one kind may stand in a sentence of another ("dial tcp: no such host"). */
const KINDS: readonly (readonly [code: ErrorCode, words: RegExp])[] = [
  [
    "image_unreachable",
    /dial tcp|no such host|connection refused|timeout|deadline exceeded|x509|tls:|EOF|server misbehaving/i,
  ],
  // A registry that hides what is private says the same of what is not there.
  ["image_not_found", /repository does not exist|manifest unknown|not found|no such image/i],
  ["image_unauthorized", /unauthorized|authentication required|no basic auth|denied|forbidden/i],
  ["image_invalid", /invalid reference|invalid repository|invalid tag|must be lowercase/i],
];

/**
 * An engine has one status for most reasons why an image cannot be pulled, so that its words tell them apart.
 * Codes: `image_invalid`, `image_not_found`, `image_unauthorized`, `image_unreachable`, `engine_unreachable`.
 */
export function pullError(image: string, cause: unknown, retryAfterS?: number): FnError {
  if (isUnreachable(cause)) return unreachable(cause);
  const reason = reasonOf(cause);
  return new FnError(codeOf(statusOf(cause), reason), { image, reason }, { cause, retryAfterS });
}

function codeOf(status: number | undefined, reason: string): ErrorCode {
  const known = KINDS.find(([, words]) => words.test(reason))?.[0];
  if (known) return known;
  if (status === 400) return "image_invalid";
  if (status === 404) return "image_not_found";
  return "image_unreachable";
}
