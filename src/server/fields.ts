import type { HeaderField } from "../agent/agent.ts";
import { isHopByHop } from "../http1/fields.ts";
import type { RequestHead } from "../http1/request-reader.ts";
import { isTokenValue } from "./auth/bearer.ts";

/**
 * The client's fields that a function sees: in order and spelled as sent, without those of the connection, those that
 * the Connection field names, Host, and tokens of this platform, which a function could use in its caller's place.
 */
export function endToEndFields({
  fields,
  connection,
}: Pick<RequestHead, "fields" | "connection">): HeaderField[] {
  const named = connection.length > 0 ? new Set(connection) : NONE;
  return fields.filter((field) => {
    const lowerName = field[0].toLowerCase();
    if (lowerName === "host" || isHopByHop(lowerName) || named.has(lowerName)) return false;
    return lowerName !== "authorization" || !isTokenValue(field[1]);
  });
}

/** Whether there is a field of this name, given in lower case, and of this value, if one is given. */
export function hasField(fields: readonly HeaderField[], lowerName: string, value?: string): boolean {
  return fields.some(([name, each]) => isNamed(name, lowerName) && (value === undefined || each === value));
}

/** The values of the fields of this name, given in lower case, in order. */
export function valuesOf(fields: readonly HeaderField[], lowerName: string): string[] {
  return fields.flatMap(([name, value]) => (isNamed(name, lowerName) ? [value] : []));
}

function isNamed(name: string, lowerName: string): boolean {
  return name.length === lowerName.length && name.toLowerCase() === lowerName;
}

const NONE: ReadonlySet<string> = new Set();
