import { encodeRequestHead } from "../http1/request-writer.ts";
import type { ResponseHead } from "../http1/response-reader.ts";
import { FnError } from "../model/errors.ts";
import type { RequestPipe } from "./active-call.ts";
import { callFields } from "./call-fields.ts";
import type { CallInput, Format, HeaderField } from "./format.ts";
import { endToEndFields, HttpAnswer } from "./http-answer.ts";
import { sendChunked, sendPlain } from "./send-body.ts";
import { StreamSession } from "./stream-session.ts";

/** Hot: HTTP/1.1 requests on stdin, responses on stdout. Source: section 2 of the format reference. */
export const httpFormat: Format = {
  name: "http",
  hot: true,
  channel: "stdio",
  callEnv: () => ({}),
  async open({ stdin, stdout }, signal) {
    signal.throwIfAborted();
    const reader = new HttpAnswer({
      format: "http",
      // RFC 9112 section 2.2 lets a recipient take a lone LF: what a few lines of code print often has it.
      lineEnds: "crlf-or-lf",
      methodOf: (input) => input.method,
      interpret,
      // An HTTP/1.0 response does not announce an end here: the function goes on until its input ends.
      isLast: (head) => head.connection.includes("close"),
    });
    return new StreamSession({ format: "http", input: stdin, output: stdout, send, reader });
  },
};

function send(input: CallInput, pipe: RequestPipe): void | Promise<void> {
  const { method, target, body, bodyBytes = body ? undefined : 0 } = input;
  const head = encodeRequestHead(method, target, requestFields(input, bodyBytes));
  pipe.begin();
  pipe.writeHead(head);
  if (!body || bodyBytes === 0) return pipe.complete();
  return bodyBytes === undefined ? sendChunked(body, undefined, pipe) : sendPlain(body, bodyBytes, pipe);
}

/** Host, user agent and length lead, the rest is sorted by name. */
function requestFields(input: CallInput, bodyBytes: number | undefined): HeaderField[] {
  const fields = callFields(input);
  const userAgent = fields.find(([name]) => name === "User-Agent")?.[1] ?? USER_AGENT;
  return [
    ["Host", input.host],
    ...(userAgent === "" ? [] : [["User-Agent", userAgent] as const]),
    ...lengthFields(input.method, bodyBytes),
    ...fields.filter(([name]) => !LEADING.has(name)),
  ];
}

function lengthFields(method: string, bodyBytes: number | undefined): HeaderField[] {
  if (bodyBytes === undefined) return [["Transfer-Encoding", "chunked"]];
  // Of an empty body only these methods say the length.
  if (bodyBytes > 0 || SAYS_EMPTY.has(method)) return [["Content-Length", String(bodyBytes)]];
  return [];
}

function interpret(head: ResponseHead): { status: number; headers: HeaderField[] } {
  if (head.framing === "until-close") {
    // Standard output does not end with the answer, so this body would have no end.
    const reason = "it has neither Content-Length nor Transfer-Encoding: chunked";
    throw new FnError("answer_invalid", { format: "http", reason });
  }
  return { status: head.status, headers: endToEndFields(head) };
}

/** What the Fn server of 2018 sent for a client that named none. */
const USER_AGENT = "Go-http-client/1.1";

const SAYS_EMPTY: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** Written by us and in front; never a second time by the client's word. */
const LEADING: ReadonlySet<string> = new Set(["Host", "User-Agent", "Content-Length", "Transfer-Encoding"]);
