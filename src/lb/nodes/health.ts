/**
 * Whether a node can be reached. `unknown` lasts until the first check.
 *
 *     unknown ──first check──► healthy ──checks or requests fail──► unhealthy
 *        └───────first check─────────────────────────────────────────▲ │
 *                                 ▲──────checks in a row pass──────────┘
 */
export type HealthState = "unknown" | "healthy" | "unhealthy";

/** What the balancer thinks of a node: only a `healthy` one gets requests; one that drains ends what it has. */
export type NodeState = HealthState | "draining";

const MOVES: Readonly<Record<HealthState, readonly HealthState[]>> = {
  unknown: ["healthy", "unhealthy"],
  healthy: ["unhealthy"],
  unhealthy: ["healthy"],
};

/**
 * Requests in a row without an answer that take a node out. A function that hangs or breaks its node's connections looks the
 * same: one is no sign yet, and a node that was taken out wrongly is back with its next check.
 */
export const FAILED_REQUESTS_MAX = 3;

export interface Health {
  readonly state: HealthState;
  /** Checks in a row that speak against the state. */
  readonly against: number;
  /** Requests in a row that the node has left without an answer. */
  readonly failedRequests: number;
  /** When the newest check that counted began, in monotonic nanoseconds. */
  readonly asOfNs: number;
  /** When the check or request that led to the state began. */
  readonly sinceNs: number;
}

export interface CheckResult {
  readonly passed: boolean;
  /** The node says that it is going down. */
  readonly isDraining?: boolean;
  /** When it began, in monotonic nanoseconds. */
  readonly beganNs: number;
}

/**
 * How a request to a node ended. `ok`: an answer began, whatever its status. `unreachable`: no connection could be made.
 * `broken`: the connection broke before an answer began. `late`: no answer began in time.
 */
export interface RequestResult {
  readonly kind: "ok" | "unreachable" | "broken" | "late";
  /** When it was sent, in monotonic nanoseconds. */
  readonly beganNs: number;
  /** The answer says that the node is going down. */
  readonly isDraining?: boolean;
  /** What went wrong, for people. */
  readonly cause?: Error | undefined;
}

/** How many checks in a row change the state; the first one of a new node always does. */
export interface Thresholds {
  readonly healthy: number;
  readonly unhealthy: number;
}

export const UNKNOWN: Health = {
  state: "unknown",
  against: 0,
  failedRequests: 0,
  asOfNs: Number.NEGATIVE_INFINITY,
  sinceNs: Number.NEGATIVE_INFINITY,
};

/** The health after a check. One that began before the newest one known comes too late and changes nothing. */
export function afterCheck(health: Health, result: CheckResult, thresholds: Thresholds): Health {
  const { passed, beganNs } = result;
  if (beganNs < health.asOfNs) return health;
  const says = passed ? "healthy" : "unhealthy";
  if (says === health.state) return { ...health, against: 0, asOfNs: beganNs };

  const against = health.against + 1;
  const needed = health.state === "unknown" ? 1 : thresholds[says];
  if (against < needed) return { ...health, against, asOfNs: beganNs };
  return begun(moved(health.state, says), beganNs);
}

/**
 * The health after a request. Only the state of a healthy node can change by one: the way back is a check. `isLast` says
 * that no other node takes requests, and then only a node that cannot be reached at all is taken out: requests that break
 * off may be the doing of one function, and must not cost all others their node.
 */
export function afterRequest(health: Health, { kind, beganNs }: RequestResult, isLast: boolean): Health {
  if (health.state !== "healthy") return health;
  if (kind === "unreachable") {
    // As good as a check, and no better than one that began later.
    return beganNs < health.asOfNs ? health : begun(moved(health.state, "unhealthy"), beganNs);
  }
  // It was sent before the node went down and came back.
  if (beganNs < health.sinceNs) return health;
  if (kind === "ok") return health.failedRequests === 0 ? health : { ...health, failedRequests: 0 };

  const failedRequests = health.failedRequests + 1;
  if (failedRequests < FAILED_REQUESTS_MAX || isLast) return { ...health, failedRequests };
  return begun(moved(health.state, "unhealthy"), Math.max(beganNs, health.asOfNs));
}

/** The state moved to; throws when there is no such move. */
export function moved(from: HealthState, to: HealthState): HealthState {
  if (!MOVES[from].includes(to)) throw new Error(`a node that is ${from} cannot become ${to}`);
  return to;
}

function begun(state: HealthState, beganNs: number): Health {
  return { state, against: 0, failedRequests: 0, asOfNs: beganNs, sinceNs: beganNs };
}
