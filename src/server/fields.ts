import type { HeaderField } from "../agent/agent.ts";
import { isHopByHop } from "../http1/fields.ts";

/**
 * The client's fields that a function sees: in order and spelled as sent, without those of the connection, those that
 * the Connection field names, and Host. `raw` holds names and values in turn, as node:http gives them.
 */
export function endToEndFields(raw: readonly string[], connection: string | undefined): HeaderField[] {
  const named = namedBy(connection);
  const fields: HeaderField[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? "";
    const lowerName = name.toLowerCase();
    if (lowerName !== "host" && !isHopByHop(lowerName) && !named?.has(lowerName))
      fields.push([name, raw[i + 1] ?? ""]);
  }
  return fields;
}

function namedBy(connection: string | undefined): ReadonlySet<string> | undefined {
  // Nearly every request says nothing, or this.
  if (connection === undefined || connection === "keep-alive") return undefined;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}
