import type { HeaderField } from "../http1/fields.ts";
import type { RequestHead } from "../http1/request-reader.ts";
import type { ServerConnection } from "../http1/server-connection.ts";

/**
 * How long a node that goes down keeps a connection on which a balancer speaks. A call may be on its way over it, and one
 * that may not be sent twice would be lost if the node closed first; told by an answer that the node is draining, or by the
 * end of its other connections, the balancer closes it itself.
 */
export const DRAIN_IDLE_MS = 5000;

/** The same for a connection on which nobody has spoken yet: it may have been made for a call a moment ago. */
export const DRAIN_NEW_MS = 250;

/** The open connections of a node, by who speaks on them. */
export class Connections {
  readonly #kinds = new Map<ServerConnection, "new" | "balancer" | "other">();

  add(connection: ServerConnection): void {
    this.#kinds.set(connection, "new");
  }

  delete(connection: ServerConnection): void {
    this.#kinds.delete(connection);
  }

  /** A request has come: the first one tells who speaks here. */
  note(connection: ServerConnection, { fields }: RequestHead): void {
    if (this.#kinds.get(connection) !== "new") return;
    this.#kinds.set(connection, isFromBalancer(fields) ? "balancer" : "other");
  }

  /** None takes more than the request that it has, or that may be on its way. */
  drain(): void {
    for (const [connection, kind] of this.#kinds) connection.stop(IDLE_MS[kind]);
  }
}

/** A client that is no balancer sees from its closed connection that nothing was done, and a person does not want to wait. */
const IDLE_MS = { new: DRAIN_NEW_MS, balancer: DRAIN_IDLE_MS, other: 0 };

/** Whether the last proxy on the way was our balancer: `Via: 1.1 fnlb` (RFC 9110 section 7.6.3). */
export function isFromBalancer(fields: readonly HeaderField[]): boolean {
  const via = fields.findLast(([name]) => name.length === 3 && name.toLowerCase() === "via");
  return via !== undefined && /(?:^|,)[ \t]*[^,\s]+[ \t]+fnlb[ \t]*$/i.test(via[1]);
}
