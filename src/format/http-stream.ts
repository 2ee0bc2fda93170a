import type { Socket } from "node:net";
import type { CancelSignal } from "../clock/cancel.ts";
import type { Clock } from "../clock/clock.ts";
import { canonicalHeaderName } from "../http1/fields.ts";
import { isPersistent } from "../http1/framing.ts";
import { encodeRequestHead } from "../http1/request-writer.ts";
import type { ResponseHead } from "../http1/response-reader.ts";
import { FnError } from "../model/errors.ts";
import type { RequestPipe } from "./active-call.ts";
import { byName } from "./call-fields.ts";
import type { AnswerSink, CallInput, Format, HeaderField, Session } from "./format.ts";
import { connectWhenReady, reconnect } from "./function-socket.ts";
import { type AnswerHead, endToEndFields, HttpAnswer, isOfThisHop } from "./http-answer.ts";
import { sendChunked } from "./send-body.ts";
import { StreamSession } from "./stream-session.ts";

/** Hot: HTTP/1.1 on a unix socket where the function listens. Source: section 4 of the format reference. */
export function createHttpStreamFormat(clock: Clock): Format {
  return {
    name: "http-stream",
    hot: true,
    channel: "socket",
    callEnv: () => ({}),
    async open({ socketPath }, signal) {
      if (socketPath === undefined) throw new Error("a container without a socket");
      const socket = await connectWhenReady(socketPath, clock, signal);
      return new SocketSession(socketPath, socket);
    },
  };
}

/** One connection at a time, kept between calls; a new one when the function closed the last between calls. */
class SocketSession implements Session {
  readonly #socketPath: string;
  /** Undefined while a new connection is made, and when none could be made. */
  #session: StreamSession | undefined;
  #isClosed = false;

  constructor(socketPath: string, socket: Socket) {
    this.#socketPath = socketPath;
    this.#session = sessionOver(socket);
  }

  get isReusable(): boolean {
    const state = this.#session?.state;
    return state === "idle" || state === "ended";
  }

  exchange(input: CallInput, sink: AnswerSink, signal: CancelSignal): Promise<void> {
    const session = this.#session;
    if (session && session.state !== "ended") return session.exchange(input, sink, signal);
    return this.#exchangeAnew(input, sink, signal);
  }

  close(): void {
    this.#isClosed = true;
    this.#session?.close();
  }

  async #exchangeAnew(input: CallInput, sink: AnswerSink, signal: CancelSignal): Promise<void> {
    if (!this.#session) throw new Error("a call on a session that has no connection");
    this.#session.close();
    this.#session = undefined;
    const socket = await reconnect(this.#socketPath, signal);
    if (this.#isClosed) {
      socket.destroy();
      throw new FnError("answer_cut");
    }
    this.#session = sessionOver(socket);
    await this.#session.exchange(input, sink, signal);
  }
}

function sessionOver(socket: Socket): StreamSession {
  return new StreamSession({
    format: "http-stream",
    input: socket,
    output: socket,
    send,
    reader: new HttpAnswer({
      format: "http-stream",
      lineEnds: "crlf",
      methodOf: () => METHOD,
      interpret,
      isLast: (head) => head.framing === "until-close" || !isPersistent(head.minorVersion, head.connection),
    }),
    onOver: () => socket.destroy(),
  });
}

function send(input: CallInput, pipe: RequestPipe): void | Promise<void> {
  const { body, bodyBytes } = input;
  const head = encodeRequestHead(METHOD, "/call", requestFields(input));
  pipe.begin();
  pipe.writeHead(head);
  return body ? sendChunked(body, bodyBytes, pipe) : pipe.complete();
}

function requestFields(input: CallInput): HeaderField[] {
  const fields: HeaderField[] = [
    ["Fn-Call-Id", input.callId],
    ["Fn-Deadline", rfc3339Seconds(input.deadlineMs)],
    ...(input.isDirect ? plainFields(input) : prefixedFields(input)),
  ];
  return [
    ["Host", "localhost"],
    input.body ? ["Transfer-Encoding", "chunked"] : ["Content-Length", "0"],
    ...fields.sort(byName),
  ];
}

/** Of a call by a path: the client's request is told in fields of its own, and its fields by other names. */
function prefixedFields(input: CallInput): HeaderField[] {
  const fields: HeaderField[] = [
    ["Fn-Http-Method", input.method],
    ["Fn-Http-Request-Url", input.requestUrl],
    ["Fn-Intent", "httprequest"],
  ];
  for (const [name, value] of input.headers) {
    const canonicalName = canonicalHeaderName(name);
    const isContentType = canonicalName === "Content-Type";
    fields.push([isContentType ? canonicalName : CLIENT_PREFIX + canonicalName, value]);
  }
  return fields;
}

/** Of a call by the function's id: the client's fields as they are, but for those that this request has itself. */
function plainFields({ headers }: CallInput): HeaderField[] {
  const fields: HeaderField[] = [];
  for (const [name, value] of headers) {
    const canonicalName = canonicalHeaderName(name);
    if (!isOfThisHop(canonicalName) && !OWN_FIELD.has(canonicalName)) fields.push([canonicalName, value]);
  }
  return fields;
}

/** The status speaks of the kit, not of the call: only 200 carries an answer. */
function interpret(head: ResponseHead, { isDirect }: CallInput): AnswerHead | FnError {
  switch (head.status) {
    case 200:
      // To a caller by the function's id its fields mean what the function says.
      return isDirect ? { status: 200, headers: endToEndFields(head) } : answerOf(head);
    case 502:
      return new FnError("function_failed");
    case 504:
      return new FnError("call_timeout");
    default:
      throw invalid(`status ${head.status}`);
  }
}

function answerOf({ fields }: ResponseHead): AnswerHead {
  let status: number | undefined;
  const contentTypes: HeaderField[] = [];
  const prefixed: HeaderField[] = [];
  for (const [name, value] of fields) {
    const canonicalName = canonicalHeaderName(name);
    if (canonicalName === "Content-Type") {
      contentTypes.push([canonicalName, value]);
    } else if (canonicalName === "Fn-Http-Status") {
      status ??= parseStatus(value);
    } else if (canonicalName.startsWith(CLIENT_PREFIX) && canonicalName !== CLIENT_PREFIX) {
      const clientName = canonicalName.slice(CLIENT_PREFIX.length);
      if (!isOfThisHop(clientName)) prefixed.push([clientName, value]);
    }
  }
  // The plain field is the one that kits set; beside it a prefixed one would be a second opinion.
  const others = contentTypes.length > 0 ? prefixed.filter(([name]) => name !== "Content-Type") : prefixed;
  return { status: status ?? 200, headers: [...contentTypes, ...others] };
}

function parseStatus(text: string): number {
  const status = Number(text);
  if (/^\d{3}$/.test(text) && status >= 200 && status <= 599) return status;
  throw invalid("Fn-Http-Status is not a whole number from 200 to 599");
}

function invalid(reason: string): FnError {
  return new FnError("answer_invalid", { format: "http-stream", reason });
}

/** In UTC, whole seconds: `2019-09-01T10:00:30Z`. Calls come many in a second, so the text of the last one is kept. */
function rfc3339Seconds(unixMs: number): string {
  const second = Math.floor(unixMs / 1000);
  if (second !== lastSecond.second) {
    const text = new Date(second * 1000).toISOString();
    lastSecond = { second, text: `${text.slice(0, "2019-09-01T10:00:30".length)}Z` };
  }
  return lastSecond.text;
}

let lastSecond = { second: 0, text: "1970-01-01T00:00:00Z" };

/** Of every request, whatever the client's was. */
const METHOD = "POST";

/** What a client sends under these names is not passed on. */
const OWN_FIELD: ReadonlySet<string> = new Set(["Host", "Fn-Call-Id", "Fn-Deadline"]);

/** In front of the client's fields, and of those that a function wants the client to get. */
const CLIENT_PREFIX = "Fn-Http-H-";
