import type { RequestHead } from "../../http1/request-reader.ts";
import { FnError } from "../../model/errors.ts";
import { fieldKindOf } from "./field-kind.ts";
import { isHopCounted } from "./request-fields.ts";

/** Why a request goes to no node, where that can be told from its head; undefined for nearly every one. */
export function refusalOf(head: RequestHead): FnError | undefined {
  const { method, connection, fields } = head;
  // A tunnel to wherever a client likes is no business of this program.
  if (method === "CONNECT") return new FnError("method_unsupported", { method });
  if (connection.length > 0 && connection.includes("upgrade")) {
    const protocol = upgradeOf(head);
    if (protocol !== undefined) return new FnError("upgrade_unsupported", { protocol });
  }
  if (method === "TRACE" && hopsLeft(fields) === 0) return new FnError("method_unsupported", { method });
  return undefined;
}

/** Whether this is where the request ends, though it does not name this place: RFC 9110 section 7.6.2. */
export function isLastHop({ method, fields }: RequestHead): boolean {
  return isHopCounted(method) && hopsLeft(fields) === 0;
}

/**
 * The protocol that is asked for. RFC 9110 section 7.8 lets a server ignore the wish; that is done for h2c, which clients
 * offer with any request and can do without. One that asks for another could do nothing with a plain answer.
 */
function upgradeOf({ fields }: RequestHead): string | undefined {
  for (const [name, value] of fields) {
    if (name.toLowerCase() !== "upgrade") continue;
    for (const protocol of value.split(",")) {
      if (protocol.trim().toLowerCase() !== "h2c") return protocol.trim();
    }
  }
  return undefined;
}

function hopsLeft(fields: RequestHead["fields"]): number | undefined {
  for (const [name, value] of fields) {
    if (fieldKindOf(name) === "max-forwards") return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
  }
  return undefined;
}
