import { once } from "node:events";
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CommandError } from "../common/io.ts";

export interface Request {
  readonly url: URL;
  readonly method: string;
  /** Names may repeat. */
  readonly headers: readonly (readonly [string, string])[];
  /** A text, or a stream that is sent as it comes. */
  readonly body: string | Readable | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Exactly the bytes that came: nothing is unpacked. */
  readonly body: Readable;
}

/**
 * Sends a request and gives its answer as it comes. There is no time limit of our own: the server has one. Redirects are
 * answers like any other. This is no `fetch`, which unpacks bodies, refuses methods, adds headers that a function would
 * see, and gives up on what is silent for five minutes.
 */
export async function send(server: URL, { url, method, headers, body }: Request): Promise<Answer> {
  const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const sent: ClientRequest = request(url, { method, agent: false });
  for (const [name, value] of headers) sent.appendHeader(name, value);
  const answered = once(sent, "response").catch((error: unknown) => {
    throw unreachable(server, error);
  });
  sendBody(sent, body);
  const [answer]: IncomingMessage[] = await answered;
  if (!answer) throw unreachable(server, "no answer");
  // Who answers before it has read everything wants no more: the rest of the input is left alone.
  answer.once("close", () => sent.destroy());
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: answer };
}

/** What to say when no connection came about, or it broke off. */
export function unreachable(server: URL, error: unknown): CommandError {
  const problem = `Cannot reach the server at ${shown(server)} (${reasonOf(error)})`;
  return new CommandError(`${problem}: start it, or set FN_API_URL to the address of one that runs`);
}

/** Node frames the body of a GET only when it is told how; without a frame it would be a second request. */
function sendBody(sent: ClientRequest, body: Request["body"]): void {
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

/** A slash at the end is a matter of resolving paths, not of the address. */
function shown(server: URL): string {
  return `${server.origin}${server.pathname}`.replace(/\/$/, "");
}

/** Node says it in a code; with several addresses tried, that is of all of them. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
