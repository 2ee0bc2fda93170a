/** Told what happens to requests: for metrics, statistics and events. Must be quick and must not throw. */
export interface LbObserver {
  /** A request goes to another node, or to the same one again. */
  retried(node: string, reason: AttemptOutcome): void;
  /** A request is over, or its client has left. */
  finished(request: FinishedRequest): void;
}

/**
 * How the attempt to have a request answered by a node ended. `unreachable`: no byte of it can have been processed.
 * `broken`: the connection broke before an answer began. `late`: the answer did not begin in time. `cut`: the answer broke
 * off. `cancelled`: the client left.
 */
export type AttemptOutcome = "answered" | "unreachable" | "broken" | "late" | "cut" | "cancelled";

export interface FinishedRequest {
  /** The node that was tried last; undefined when there was none to try. */
  readonly node: string | undefined;
  /** The key of the function, as in placement/key.ts. */
  readonly fn: string;
  readonly outcome: AttemptOutcome;
  /** What the client was told; undefined when it left before that. */
  readonly status: number | undefined;
  /** From the request's head to the end of its answer. */
  readonly ms: number;
  /** What the call waited at its node, in nanoseconds, where the node told. */
  readonly waitNs: number | undefined;
}
