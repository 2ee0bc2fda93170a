/** One execution of a function, as it is recorded once it has ended. */
export interface Call {
  readonly id: string;
  readonly appId: string;
  readonly appName: string;
  readonly fnId: string;
  /** The path it came by, as in its trigger's source. */
  readonly path: string;
  readonly status: CallStatus;
  /** The sentence of the error that ended it; absent for `success`. */
  readonly error: string | undefined;
  /** When it was accepted. */
  readonly createdAtMs: number;
  /** When a container took it; undefined when none did. */
  readonly startedAtMs: number | undefined;
  readonly completedAtMs: number;
}

/**
 * `success`: the function answered, whatever HTTP status it chose. `timeout`: the deadline passed while it ran.
 * `error`: everything else.
 */
export const CALL_STATUSES = ["success", "error", "timeout"] as const;
export type CallStatus = (typeof CALL_STATUSES)[number];

/** A call with what its function wrote to stderr. */
export interface CallRecord {
  readonly call: Call;
  readonly log: string;
}
