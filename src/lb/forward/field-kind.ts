import { NODE_STATE_FIELD } from "../../http1/node-state.ts";
import { WAIT_HEADER } from "./wait-header.ts";

/**
 * What becomes of a field on its way through. `hop`: it is about one connection. `framing`: it is written anew. `own`: it is
 * between nodes and balancers, and nobody else's. The others are those that a proxy reads, or adds to.
 */
export type FieldKind =
  | "hop"
  | "framing"
  | "own"
  | "host"
  | "expect"
  | "forwarded"
  | "x-forwarded-for"
  | "x-forwarded-host"
  | "x-forwarded-proto"
  | "x-request-id"
  | "date"
  | "idempotency-key"
  | "max-forwards";

const KINDS: Readonly<Record<string, FieldKind>> = {
  // RFC 9110 section 7.6.1, and the older Keep-Alive and Proxy-Connection.
  connection: "hop",
  "keep-alive": "hop",
  "proxy-authenticate": "hop",
  "proxy-authorization": "hop",
  "proxy-connection": "hop",
  te: "hop",
  trailer: "hop",
  upgrade: "hop",
  "content-length": "framing",
  "transfer-encoding": "framing",
  [WAIT_HEADER]: "own",
  [NODE_STATE_FIELD]: "own",
  host: "host",
  expect: "expect",
  forwarded: "forwarded",
  "x-forwarded-for": "x-forwarded-for",
  "x-forwarded-host": "x-forwarded-host",
  "x-forwarded-proto": "x-forwarded-proto",
  "x-request-id": "x-request-id",
  date: "date",
  "idempotency-key": "idempotency-key",
  "max-forwards": "max-forwards",
};

/** The kind of a field by its name, however it is spelled; undefined for one that passes as it is. */
export function fieldKindOf(name: string): FieldKind | undefined {
  // Its length and its first letter rule out nearly every other field, at a fraction of what a look at the whole costs.
  const known = BY_START[startOf(name)];
  if (known === undefined) return undefined;
  const lowerCase = name.toLowerCase();
  for (const [candidate, kind] of known) if (candidate === lowerCase) return kind;
  return undefined;
}

const LENGTHS = 32;

const BY_START: ([name: string, kind: FieldKind][] | undefined)[] = new Array(LENGTHS * LENGTHS).fill(
  undefined,
);
for (const [name, kind] of Object.entries(KINDS)) {
  const start = startOf(name);
  const known = BY_START[start];
  if (known) known.push([name, kind]);
  else BY_START[start] = [[name, kind]];
}

/** The same for two names that are the same but for the case of their letters. */
function startOf(name: string): number {
  return name.length < LENGTHS ? name.length * LENGTHS + (name.charCodeAt(0) & (LENGTHS - 1)) : -1;
}
