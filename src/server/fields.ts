import type { HeaderField } from "../agent/agent.ts";
import { isHopByHop } from "../http1/fields.ts";
import type { RequestHead } from "../http1/request-reader.ts";

/**
 * The client's fields that a function sees: in order and spelled as sent, without those of the connection, those that
 * the Connection field names, and Host.
 */
export function endToEndFields({
  fields,
  connection,
}: Pick<RequestHead, "fields" | "connection">): HeaderField[] {
  const named = connection.length > 0 ? new Set(connection) : NONE;
  return fields.filter(([name]) => {
    const lowerName = name.toLowerCase();
    return lowerName !== "host" && !isHopByHop(lowerName) && !named.has(lowerName);
  });
}

/** Whether there is a field of this name, given in lower case. */
export function hasField(fields: readonly HeaderField[], lowerName: string): boolean {
  return fields.some(([name]) => name.length === lowerName.length && name.toLowerCase() === lowerName);
}

const NONE: ReadonlySet<string> = new Set();
