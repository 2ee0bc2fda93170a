import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { unreachable } from "./api-client.ts";

export interface Invocation {
  readonly url: URL;
  readonly method: string;
  /** Names may repeat. */
  readonly headers: readonly (readonly [string, string])[];
  /** A text, or a stream that is sent as it comes. */
  readonly body: string | Readable | undefined;
}

export interface Answer {
  readonly status: number;
  readonly callId: string | undefined;
  /** Exactly the bytes of the function: nothing is unpacked. */
  readonly body: Readable;
}

/**
 * Calls a function. There is no time limit of our own: the server has one. Redirects are answers like any other.
 * This is no `fetch`, which unpacks bodies, refuses methods and adds headers that the function would see.
 */
export async function invoke(server: URL, { url, method, headers, body }: Invocation): Promise<Answer> {
  const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const sent: ClientRequest = request(url, { method, agent: false });
  for (const [name, value] of headers) sent.appendHeader(name, value);
  const answered = once(sent, "response").catch((error: unknown) => {
    throw unreachable(server, error);
  });
  send(sent, body);
  const [answer]: IncomingMessage[] = await answered;
  if (!answer) throw unreachable(server, "no answer");
  // Who answers before it has read everything wants no more: the rest of the input is left alone.
  answer.once("close", () => sent.destroy());
  return { status: answer.statusCode ?? 0, callId: callIdOf(answer), body: answer };
}

/** Node frames the body of a GET only when it is told how; without a frame it would be a second request. */
function send(sent: ClientRequest, body: Invocation["body"]): void {
  if (body === undefined) {
    sent.end();
  } else if (typeof body === "string") {
    sent.setHeader("Content-Length", Buffer.byteLength(body));
    sent.end(body);
  } else {
    sent.setHeader("Transfer-Encoding", "chunked");
    // At once, not with the first byte of a body that may take its time.
    sent.flushHeaders();
    // A failure to send is a failure of the request, which is told where the answer is awaited.
    pipeline(body, sent).catch(() => sent.destroy());
  }
}

/** Named with underscores by the servers of 2018, with hyphens by those after. */
function callIdOf({ headers }: IncomingMessage): string | undefined {
  const id = headers["fn-call-id"] ?? headers.fn_call_id;
  return Array.isArray(id) ? id[0] : id;
}
