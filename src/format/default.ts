import type { CancelSignal } from "../clock/cancel.ts";
import type { Outlet, RequestPipe } from "./active-call.ts";
import { callFields, groupByName, rfc3339, textOfField } from "./call-fields.ts";
import type { AnswerSink, CallInput, ContainerStreams, Format, Session } from "./format.ts";
import { sendToEnd } from "./send-body.ts";
import { type AnswerReader, StreamSession } from "./stream-session.ts";

/**
 * Cold: the body on stdin, everything about the call in the environment, and what is printed is the body of a 200.
 * Source: section 1 of the format reference.
 */
export const defaultFormat: Format = {
  name: "default",
  hot: false,
  channel: "stdio",
  callEnv,
  async open(container, signal) {
    signal.throwIfAborted();
    return new ColdSession(container);
  },
};

/**
 * Every variable that says something about a field exists in two spellings. The Fn server of January 2018 kept the
 * field's name as it is, `FN_HEADER_X-Tag`; its documentation, and functions written by it, have `FN_HEADER_X_TAG`.
 * A field with `_` in its own name has only the first, so that a client's `X_Tag` never stands in for `X-Tag`.
 */
function callEnv(input: CallInput): Record<string, string> {
  const env = new Map<string, string>();
  const groups = groupByName(callFields(input));
  for (const [name, values] of groups) {
    if (!OWN_VARIABLE.has(name)) env.set(`FN_HEADER_${name}`, textOfField(values.join(", ")));
  }
  for (const [name, values] of groups) {
    if (name.includes("_")) continue;
    env.set(`FN_HEADER_${name.replaceAll("-", "_").toUpperCase()}`, textOfField(values.join(", ")));
  }
  env.set("FN_CALL_ID", input.callId);
  env.set("FN_METHOD", input.method);
  env.set("FN_REQUEST_URL", textOfField(input.requestUrl));
  env.set("FN_DEADLINE", rfc3339(input.deadlineMs));
  return Object.fromEntries(env);
}

const OWN_VARIABLE: ReadonlySet<string> = new Set(["Fn_call_id", "Fn_method", "Fn_request_url"]);

/** A container for one call. Its streams are left alone until the call: it may print before it is asked. */
class ColdSession implements Session {
  readonly #container: ContainerStreams;
  #session: StreamSession | undefined;

  constructor(container: ContainerStreams) {
    this.#container = container;
    // Streams that nobody uses yet can fail already.
    container.stdin.on("error", () => {});
    container.stdout.on("error", () => {});
  }

  get isReusable(): boolean {
    return this.#session === undefined;
  }

  async exchange(input: CallInput, sink: AnswerSink, signal: CancelSignal): Promise<void> {
    if (this.#session) throw new Error("a second call for a cold container");
    const { stdin, stdout } = this.#container;
    const reader = new RawAnswer();
    this.#session = new StreamSession({ format: "default", input: stdin, output: stdout, send, reader });
    await this.#session.exchange(input, sink, signal);
  }

  close(): void {
    const { stdin, stdout } = this.#container;
    this.#session?.close();
    stdin.end();
    stdout.resume();
  }
}

function send({ body }: CallInput, pipe: RequestPipe): void | Promise<void> {
  // Its environment told it all: it may answer before it reads anything.
  pipe.begin();
  if (body) return sendToEnd(body, pipe);
  pipe.end();
  pipe.complete();
}

/** Everything that is printed, until the end. */
class RawAnswer implements AnswerReader {
  readonly failure = undefined;
  readonly isLast = true;
  isDone = false;
  #outlet: Outlet | undefined;
  #hasBegun = false;

  start(_input: CallInput, outlet: Outlet): void {
    this.#outlet = outlet;
  }

  push(bytes: Buffer, at: number): number {
    if (!this.#hasBegun) this.#outlet?.head(200, [], undefined);
    this.#hasBegun = true;
    if (at < bytes.length) this.#outlet?.body(bytes.subarray(at));
    return bytes.length;
  }

  end(): boolean {
    this.isDone = true;
    return true;
  }

  isPadding(): boolean {
    return true;
  }
}
