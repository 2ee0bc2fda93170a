/**
 * One call of a function. Those whose caller waits are recorded once they have ended; those that nobody waits for are stored
 * when they are accepted, and change until they have ended.
 */
export interface Call {
  readonly id: string;
  readonly appId: string;
  readonly appName: string;
  readonly fnId: string;
  /** The path it came by, as in its trigger's source; a call by the function's id has the function's name. */
  readonly path: string;
  readonly status: CallStatus;
  /** The sentence of the error that ended it; absent for `success`. */
  readonly error: string | undefined;
  /** When it was accepted. */
  readonly createdAtMs: number;
  /** When a container took it; undefined when none did. */
  readonly startedAtMs: number | undefined;
  /** When it ended; undefined while it has not. */
  readonly completedAtMs: number | undefined;
  readonly timeline: Timeline;
  /** How often it was begun; only of calls that nobody waits for. */
  readonly attempts?: number;
  /** It failed as often as it may, and waits for somebody to have it run again. */
  readonly isDead?: boolean;
}

/**
 * How long the steps of a call took, in milliseconds with fractions; a step that did not happen is absent. The steps
 * of a container's start stand with the first call that it took.
 */
export interface Timeline {
  /** In line: for memory, for a turn to start a container, for one that is free. */
  readonly queue?: number;
  readonly pull?: number;
  readonly create?: number;
  readonly start?: number;
  /** From the start of the container until it could take a call. */
  readonly init?: number;
  readonly run?: number;
}

/** In the order in which they happen. */
export const TIMELINE_STEPS = ["queue", "pull", "create", "start", "init", "run"] as const;

/**
 * `queued`: accepted, to be run later, or again. `running`: a node has it. `cancelled`: taken back before it ended.
 * `success`: the function answered, whatever HTTP status it chose. `timeout`: the deadline passed while it ran.
 * `error`: everything else.
 */
export const CALL_STATUSES = ["queued", "running", "success", "error", "timeout", "cancelled"] as const;
export type CallStatus = (typeof CALL_STATUSES)[number];

/** How a call can end by itself. */
export type CallOutcome = Extract<CallStatus, "success" | "error" | "timeout">;

/** A call with what its function wrote to stderr. */
export interface CallRecord {
  readonly call: Call;
  readonly log: string;
}
