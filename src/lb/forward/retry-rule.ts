import type { RequestHead } from "../../http1/request-reader.ts";
import { fieldKindOf } from "./field-kind.ts";

/** RFC 9110 section 9.2.2: twice is as good as once. TRACE is too, and nobody needs it to be sent again. */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]);

/** Nodes that are tried for one request, counting a node again for each connection that was tried. */
export const ATTEMPTS_MAX = 8;

/** How often a request may be sent where each time it may have run. */
export const SENDS_MAX = 3;

/** Whether a request may run more than once: its method says so, or its client does by giving it a key. */
export function isRepeatable(head: RequestHead): boolean {
  if (IDEMPOTENT.has(head.method)) return true;
  for (const [name] of head.fields) if (fieldKindOf(name) === "idempotency-key") return true;
  return false;
}

/** A request whose attempt has failed before an answer began. */
export interface FailedAttempt {
  /** `unreachable`: no byte of the request can have been processed. */
  readonly outcome: "unreachable" | "broken" | "late";
  /** Of all attempts, this one among them. */
  readonly attempts: number;
  /** Of the attempts, those in which bytes may have arrived. */
  readonly sends: number;
  readonly isRepeatable: boolean;
  /** Whether all that was sent of the body can be sent again. */
  readonly isBodyAtHand: boolean;
  /** Whether its connection had carried other requests: then it is more likely that it was closed than that the node is ill. */
  readonly wasReused: boolean;
  /** Whether the same node was given another connection for this already. */
  readonly wasRenewed: boolean;
  /** Whether nothing has been heard of the node for about as long: neither an answer nor a passed check. */
  readonly isNodeSilent: boolean;
}

export type NextAttempt = "same-node" | "next-node" | "none";

/**
 * What to do next. What nobody has seen may go anywhere. What may have run goes again only where running twice is no harm,
 * first to the same node on a new connection: nodes close idle ones at any moment, and that moment can be this one. What was
 * late goes again when it is the node that hangs; a function that is slow would take as long on each further node.
 */
export function nextAttempt(failed: FailedAttempt): NextAttempt {
  if (failed.attempts >= ATTEMPTS_MAX) return "none";
  if (failed.outcome === "unreachable") return "next-node";
  if (!failed.isRepeatable || !failed.isBodyAtHand || failed.sends >= SENDS_MAX) return "none";
  if (failed.outcome === "late") return failed.isNodeSilent ? "next-node" : "none";
  return failed.wasReused && !failed.wasRenewed ? "same-node" : "next-node";
}
