/** In any answer of a node, what it says of itself: `Fn-Node-State: draining` when it is going down. */
export const NODE_STATE_FIELD = "fn-node-state";

/** The field of a node that wants no further requests: name and value. */
export const DRAINING_FIELDS: readonly string[] = ["Fn-Node-State", "draining"];

/** Whether the value of that field says that the node wants no further requests. */
export function saysDraining(value: string): boolean {
  return value.toLowerCase() === "draining";
}
