import { FnError } from "../../model/errors.ts";
import { isNodeName } from "../nodes/members.ts";

/**
 * A name from a command. Checked before it is stored, since balancers that share the list would all stumble over it.
 * Throws `node_missing` and `node_name_invalid`.
 */
export function checkedName(name: unknown): string {
  if (typeof name !== "string") throw new FnError("node_missing");
  if (!isNodeName(name)) throw new FnError("node_name_invalid", { node: name });
  return name;
}
