import type { Call } from "./call.ts";

/** A call that was accepted to be run later: its record, and all that it takes to run it. */
export interface QueuedCall {
  /** With status `queued`. */
  readonly call: Call;
  readonly request: QueuedRequest;
  readonly priority: Priority;
  /** Not before this, in Unix milliseconds. */
  readonly dueAtMs: number;
}

/** What the caller sent. */
export interface QueuedRequest {
  readonly method: string;
  /** Origin form, as the client wrote it. */
  readonly target: string;
  readonly host: string;
  /** End-to-end fields in order; names may repeat. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  /** Undefined for a call by the function's id, which came by no trigger. */
  readonly triggerId: string | undefined;
}

/** Higher ones go first. */
export const PRIORITIES = [0, 1, 2] as const;
export type Priority = (typeof PRIORITIES)[number];

/** What a function answered to a call that nobody waited for. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  /** What was kept of the body. */
  readonly body: Uint8Array;
  /** How long the body was: more than was kept when it went over the limit. */
  readonly bodyBytes: number;
}
