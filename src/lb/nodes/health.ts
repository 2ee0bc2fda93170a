/**
 * What the balancer thinks of a node. Only a healthy one gets requests; `unknown` lasts until the first check.
 *
 *     unknown ──first check──► healthy ──failures in a row──► unhealthy
 *        └───────first check────────────────────────────────────▲ │
 *                                 ▲──────successes in a row───────┘
 */
export type NodeState = "unknown" | "healthy" | "unhealthy";

const MOVES: Readonly<Record<NodeState, readonly NodeState[]>> = {
  unknown: ["healthy", "unhealthy"],
  healthy: ["unhealthy"],
  unhealthy: ["healthy"],
};

export interface Health {
  readonly state: NodeState;
  /** Results in a row that speak against the state. */
  readonly against: number;
  /** When the newest result that counted began, in monotonic nanoseconds. */
  readonly asOfNs: number;
}

/** A check, or a request that could not reach the node, which says as much as a failed check. */
export interface CheckResult {
  readonly passed: boolean;
  /** When it began, in monotonic nanoseconds. */
  readonly beganNs: number;
}

/** How many results in a row change the state; the first one of a new node always does. */
export interface Thresholds {
  readonly healthy: number;
  readonly unhealthy: number;
}

export const UNKNOWN: Health = { state: "unknown", against: 0, asOfNs: Number.NEGATIVE_INFINITY };

/** The health after a result. One that began before the newest one known comes too late and changes nothing. */
export function afterCheck(health: Health, result: CheckResult, thresholds: Thresholds): Health {
  if (result.beganNs < health.asOfNs) return health;
  const says: NodeState = result.passed ? "healthy" : "unhealthy";
  if (says === health.state) return { ...health, against: 0, asOfNs: result.beganNs };

  const against = health.against + 1;
  const needed = health.state === "unknown" ? 1 : thresholds[says];
  if (against < needed) return { ...health, against, asOfNs: result.beganNs };
  return { state: moved(health.state, says), against: 0, asOfNs: result.beganNs };
}

/** The state moved to; throws when there is no such move. */
export function moved(from: NodeState, to: NodeState): NodeState {
  if (!MOVES[from].includes(to)) throw new Error(`a node that is ${from} cannot become ${to}`);
  return to;
}
