import type { ExpressionBuilder } from "kysely";
import type { QueueState, Tables } from "./tables.ts";

/** All of them: the index of an app's calls begins with the state. */
export const QUEUE_STATES = ["waiting", "leased", "dead"] as const satisfies readonly QueueState[];

/** Nobody has the call; the values of its row that go with that. */
export const WAITING = { state: "waiting", holder: "", lease_ends_at_ms: null } as const;

/** Nobody has the call, and nobody claims it. */
export const DEAD = { state: "dead", holder: "", lease_ends_at_ms: null } as const;

/** The rows of those calls that this holder has. */
export function isHeldBy(holder: string, ...callIds: readonly string[]) {
  return ({ eb, and }: ExpressionBuilder<Tables, "queue">) =>
    and([eb("call_id", "in", callIds), eb("state", "=", "leased"), eb("holder", "=", holder)]);
}
