import type { ResponsePart } from "../../http1/client-connection.ts";
import type { Exchange, FieldLines } from "../../http1/exchange.ts";
import type { ResponseHead } from "../../http1/response-reader.ts";
import { encodeTrailers } from "./request-fields.ts";

/** A promise that is given asks to wait before more is relayed; it rejects when the client leaves. */
type Wait = void | Promise<void>;

/**
 * Gives a client the answer of a node, as far as it has come. One that came at once goes on at once, with its length, whatever
 * its framing was. The bytes of the part are not used after that.
 */
export function relayHead(
  exchange: Exchange,
  head: ResponseHead,
  fields: FieldLines,
  rest: ResponsePart,
): Wait {
  const { status, framing, contentLength } = head;
  if (isBodiless(exchange, status)) {
    exchange.begin(status, fields, contentLength);
    exchange.end();
  } else if (rest.isWhole && rest.trailers.length === 0) {
    const wait = exchange.begin(status, fields, rest.bytes.length, rest.bytes);
    exchange.end();
    return wait;
  } else {
    const wait = exchange.begin(
      status,
      fields,
      typeof framing === "number" ? framing : undefined,
      rest.bytes,
    );
    if (rest.isWhole) exchange.end(encodeTrailers(rest.trailers));
    return wait;
  }
}

/** More of its body. */
export function relayPart(exchange: Exchange, part: ResponsePart): Wait {
  const wait = exchange.writeBorrowed(part.bytes);
  if (part.isWhole) exchange.end(encodeTrailers(part.trailers));
  return wait;
}

function isBodiless({ head }: Exchange, status: number): boolean {
  return head.method === "HEAD" || status === 204 || status === 304;
}
