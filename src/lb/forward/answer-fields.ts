import { FieldLines } from "../../http1/exchange.ts";
import type { HeaderField } from "../../http1/fields.ts";
import { saysDraining } from "../../http1/node-state.ts";
import type { ResponseHead } from "../../http1/response-reader.ts";
import { fieldKindOf } from "./field-kind.ts";
import { namedByConnection, passageLines } from "./request-fields.ts";
import { parseWait, WAIT_HEADER } from "./wait-header.ts";

/** An answer's fields on their way to the client, and what the node says in them to the balancer. */
export interface NodeAnswer {
  readonly fields: FieldLines;
  /** What the call waited at the node, in nanoseconds; undefined when it does not say so, or what cannot be. */
  readonly waitNs: number | undefined;
  /** The node wants no further requests. */
  readonly isDraining: boolean;
}

/** Without the fields of the node's connection and those between node and balancer; with the id of the request. */
export function readNodeAnswer(head: ResponseHead, requestId: string): NodeAnswer {
  const named = namedByConnection(head.connection);
  let lines = "";
  let hasDate = false;
  let wait: string | undefined;
  let isDraining = false;
  for (const [name, value] of head.fields) {
    switch (fieldKindOf(name)) {
      case "hop":
      case "framing":
      case "x-request-id":
        break;
      case "own":
        if (name.length !== WAIT_HEADER.length || name.toLowerCase() !== WAIT_HEADER)
          isDraining ||= saysDraining(value);
        else wait ??= value;
        break;
      case "date":
        if (hasDate) break;
        hasDate = true;
        lines += `Date: ${value}\r\n`;
        break;
      default:
        if (named === undefined || !named.has(name.toLowerCase())) lines += `${name}: ${value}\r\n`;
    }
  }
  lines += passageLines(head.minorVersion, requestId);
  const waitNs = wait === undefined ? undefined : parseWait(Buffer.from(wait, "latin1").toString("utf8"));
  return { fields: new FieldLines(lines, hasDate), waitNs, isDraining };
}

/** The lines of an answer before the answer. */
export function interimLines(fields: readonly HeaderField[]): string {
  let lines = "";
  for (const [name, value] of fields) {
    const kind = fieldKindOf(name);
    if (kind === undefined || kind === "date") lines += `${name}: ${value}\r\n`;
  }
  return lines;
}
