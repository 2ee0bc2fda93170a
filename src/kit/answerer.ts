import { Readable } from "node:stream";
import {
  type Answer,
  type AnswerBody,
  type Answerer,
  bytesOf,
  type Call,
  FAILED_STATUS,
  HOP_FIELDS,
} from "./call.ts";
import { CallContext } from "./context.ts";
import type { Context, FetchHandler, Handler, InputMode } from "./kit.ts";

/** What a module of a function may export. */
export type FunctionModule = Readonly<Record<string, unknown>>;

/**
 * The handler of a module as something that answers calls. What a handler throws is written to the log, and its caller told
 * that it failed. Throws when the module exports no handler.
 */
export function answererOf(module: FunctionModule, env: Context["config"]): Answerer {
  const answer = handlerOf(module);
  return async (call) => {
    try {
      return checked(await answer(call, new CallContext(call, env)));
    } catch (error) {
      console.error("Error in function:", error);
      const body = JSON.stringify({ error: { message: "function failed" } });
      return { status: FAILED_STATUS, fields: [["Content-Type", "application/json"]], body, isFailure: true };
    }
  };
}

type ContextAnswerer = (call: Call, context: CallContext) => Promise<Answer>;

function handlerOf(module: FunctionModule): ContextAnswerer {
  const exported = module.default;
  if (typeof exported === "function") {
    // What arguments a function takes cannot be seen; that it is a handler is what the kit asks of its default export.
    return inputAnswerer(exported as Handler, inputModeOf(module));
  }
  const fetch = isObject(exported) ? exported.fetch : module.fetch;
  if (typeof fetch === "function") return fetchAnswerer((fetch as FetchHandler).bind(exported));
  throw new Error(
    "the module exports no handler: give it `export default (input, context) => ...`, or `fetch`",
  );
}

function inputAnswerer(handler: Handler, mode: InputMode): ContextAnswerer {
  return async (call, context) => {
    const result = await handler(await inputOf(call, mode), context);
    if (isResponse(result)) return answerOfResponse(result);
    const body = bodyOf(result, context.responseContentType);
    return { status: context.status, fields: context.answerFields(), body };
  };
}

function fetchAnswerer(handler: FetchHandler): ContextAnswerer {
  return async (call, context) => {
    const response: unknown = await handler(requestOf(call), context);
    if (isResponse(response)) return answerOfResponse(response);
    throw new TypeError("fetch must give back a Response");
  };
}

async function inputOf({ body }: Call, mode: InputMode): Promise<unknown> {
  if (mode === "stream") return body;
  const bytes = await bytesOf(body);
  if (mode === "buffer") return bytes;
  const text = bytes.toString("utf8");
  return mode === "string" ? text : parsed(text);
}

/** JSON where it is some, else the text: a body of nothing is an empty text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function bodyOf(result: unknown, contentType: string): AnswerBody {
  if (result === undefined || result === null) return undefined;
  if (result instanceof Uint8Array || isStream(result)) return result;
  const isJson = /^application\/json\b|\+json\b/.test(contentType);
  return isJson || typeof result === "object" ? JSON.stringify(result) : String(result);
}

function requestOf({ method = "POST", url = "http://function/call", fields, body }: Call): Request {
  const headers = new Headers();
  for (const [name, value] of fields) headers.append(name, value);
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(url, {
    method,
    headers,
    ...(hasBody ? { body: Readable.from(body), duplex: "half" } : {}),
  });
}

function answerOfResponse({ status, headers, body }: Response): Answer {
  return { status, fields: [...headers], body: body ?? undefined };
}

/** Framing is the format's, whatever the handler says of it. */
function checked({ status, fields, body }: Answer): Answer {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`the status of an answer is from 200 to 599, not ${status}`);
  }
  return { status, fields: fields.filter(([name]) => !HOP_FIELDS.has(name.toLowerCase())), body };
}

const INPUT_MODES: readonly InputMode[] = ["json", "string", "buffer", "stream"];

function inputModeOf({ inputMode = "json" }: FunctionModule): InputMode {
  const mode = INPUT_MODES.find((each) => each === inputMode);
  if (mode) return mode;
  throw new Error(`inputMode must be one of ${INPUT_MODES.join(", ")}, not ${String(inputMode)}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** By its tag: to name the class itself has Node load its whole HTTP client, which most functions do without. */
function isResponse(value: unknown): value is Response {
  return Object.prototype.toString.call(value) === "[object Response]";
}

function isStream(value: unknown): value is AsyncIterable<string | Uint8Array> {
  return isObject(value) && Symbol.asyncIterator in value;
}
