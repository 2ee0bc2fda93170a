import { hash } from "node:crypto";

/** What every token begins with, so that a token is known for one wherever it turns up. */
const PREFIX = "fn_";

/** Random bytes of a token: more than anybody can guess. */
const RANDOM_BYTES = 32;

/** A bearer token as it is kept: enough to recognise it, not enough to use it. */
export interface Token {
  readonly id: string;
  /** What it is for, in its owner's words. */
  readonly name: string;
  /** SHA-256 of the token, in hexadecimal. Tokens are long random texts, so that a plain hash is enough. */
  readonly hash: string;
  readonly scopes: readonly TokenScope[];
  readonly createdAtMs: number;
  /** Undefined for one that does not expire. */
  readonly expiresAtMs: number | undefined;
}

/** `read`: look at everything but secrets; `manage`: that, and change it; `invoke`: call functions. */
export const TOKEN_SCOPES = ["read", "manage", "invoke"] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** The text of a new token. `randomBytes`: of cryptographic quality. */
export function newTokenText(randomBytes: (size: number) => Uint8Array): string {
  return PREFIX + Buffer.from(randomBytes(RANDOM_BYTES)).toString("base64url");
}

/** Whether a text has the form of a token: what has another is none, and nobody need look for it. */
export function isTokenText(text: string): boolean {
  return /^fn_[\w-]{32,253}$/.test(text);
}

/** What is kept of a token, and looked for. */
export function tokenHash(text: string): string {
  return hash("sha256", text);
}

/**
 * A token that the owner of a node chose. Throws an `Error` with a sentence that does not tell the text.
 */
export function parseTokenText(text: string): string {
  if (isTokenText(text)) return text;
  throw new Error(
    `A token is ${PREFIX} and 32 to 253 letters, digits, - and _. Make one with: echo ${PREFIX}$(openssl rand -hex 32)`,
  );
}
