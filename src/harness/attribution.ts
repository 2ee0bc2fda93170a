import { isJsonObject } from "../model/json.ts";
import type { Reply } from "./http-client.ts";

/**
 * Which node answered: it says so itself in `Fn-Node`. Nodes of others do not, but their containers carry the name
 * of the node as host name, and the function primes tells it. Undefined when nobody says.
 */
export function nodeNameOf(reply: Pick<Reply, "headers" | "body">): string | undefined {
  const header = reply.headers["fn-node"];
  const name = Array.isArray(header) ? header[0] : header;
  return name || textField(reply.body, "hostname");
}

/** How long the function says that it worked, in seconds. */
export function inFunctionSeconds(body: string): number | undefined {
  const seconds = field(body, "durationseconds");
  return typeof seconds === "number" ? seconds : undefined;
}

function textField(body: string, name: string): string | undefined {
  const value = field(body, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A field of a JSON body, its name without regard to case. */
function field(body: string, name: string): unknown {
  const value = parse(body);
  if (!isJsonObject(value)) return undefined;
  return Object.entries(value).find(([key]) => key.toLowerCase() === name)?.[1];
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
