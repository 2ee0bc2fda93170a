import { canonicalHeaderName, isFieldValue, isToken } from "../http1/fields.ts";
import { HeldBytes } from "../http1/held-bytes.ts";
import { FnError } from "../model/errors.ts";
import { isJsonObject } from "../model/json.ts";
import type { Outlet } from "./active-call.ts";
import { fieldOfText } from "./call-fields.ts";
import type { CallInput, HeaderField } from "./format.ts";
import { isOfThisHop } from "./http-answer.ts";
import { isJsonSpace, JSON_VALUES_MAX, JsonScanner, OPEN_BRACE } from "./json-scanner.ts";
import type { AnswerReader } from "./stream-session.ts";

/** Largest answer, as JSON: it is held whole until it ends, and then once more as the text in it. */
export const JSON_ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** Reads answers that are JSON objects, with any white space between them. */
export class JsonAnswer implements AnswerReader {
  readonly failure = undefined;
  readonly isLast = false;
  isDone = false;
  readonly #scanner = new JsonScanner();
  #outlet: Outlet | undefined;
  /** The beginning of an object whose end has not come. */
  readonly #held = new HeldBytes();

  start(_input: CallInput, outlet: Outlet): void {
    this.#outlet = outlet;
    this.#scanner.start();
    this.#held.clear();
    this.isDone = false;
  }

  push(bytes: Buffer, at: number): number {
    if (this.isDone) return at;
    const hasBegun = this.#held.length > 0;
    const begin = hasBegun ? at : skipSpace(bytes, at);
    if (begin === bytes.length) return begin;
    if (!hasBegun && bytes[begin] !== OPEN_BRACE) throw invalid("it does not begin with {");

    const end = this.#scanner.scan(bytes, begin);
    if (this.#scanner.isOverfull) throw invalid(`it has more than ${JSON_VALUES_MAX} values in it`);
    const part = bytes.subarray(begin, end < 0 ? bytes.length : end);
    if (this.#held.length + part.length > JSON_ANSWER_BYTES_MAX) throw new FnError("answer_body_too_large");
    if (end >= 0 && !hasBegun) {
      this.#finish(part.toString("utf8"));
      return end;
    }
    this.#held.append(part);
    if (end < 0) return bytes.length;
    this.#finish(this.#held.toString("utf8"));
    return end;
  }

  end(): boolean {
    return this.isDone;
  }

  isPadding(bytes: Buffer, at: number): boolean {
    return skipSpace(bytes, at) === bytes.length;
  }

  #finish(text: string): void {
    this.#held.clear();
    const { status, headers, body } = parseAnswer(text);
    this.isDone = true;
    this.#outlet?.head(status, headers, body.length);
    if (body.length > 0) this.#outlet?.body(body);
  }
}

interface Answer {
  readonly status: number;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
}

/** Source: section 3.2 of the format reference, with the `content_type` of February 2018. */
function parseAnswer(text: string): Answer {
  const object = membersOf(parseObject(text));
  const protocol = membersOf(object.get("protocol") ?? {}, "protocol");
  const contentType = textOf(object, "content_type");
  const headers = headersOf(membersOf(protocol.get("headers") ?? {}, "protocol.headers", (name) => name));
  return {
    status: statusOf(protocol.get("status_code")),
    headers: contentType === "" ? headers : withContentType(headers, contentType),
    body: Buffer.from(textOf(object, "body"), "utf8"),
  };
}

function parseObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

/** Go's decoder, which functions were written against, does not care for the case of a key; the last one counts. */
function membersOf(value: unknown, what = "it", keyOf = lowerCase): Map<string, unknown> {
  if (!isJsonObject(value)) throw invalid(`${what} is not an object`);
  return new Map(Object.entries(value).map(([key, member]) => [keyOf(key), member]));
}

function lowerCase(key: string): string {
  return key.toLowerCase();
}

function textOf(object: ReadonlyMap<string, unknown>, key: string): string {
  const value = object.get(key) ?? "";
  if (typeof value !== "string") throw invalid(`${key} is not a string`);
  return value;
}

function statusOf(code: unknown): number {
  if (code === undefined || code === null || code === 0) return 200;
  if (typeof code === "number" && Number.isInteger(code) && code >= 200 && code <= 599) return code;
  throw invalid("protocol.status_code is not a whole number from 200 to 599");
}

function headersOf(members: ReadonlyMap<string, unknown>): HeaderField[] {
  const fields: HeaderField[] = [];
  for (const [name, values] of members) {
    if (!isToken(name)) throw invalid("a name in protocol.headers is not the name of a header");
    if (values === null) continue;
    if (!Array.isArray(values)) throw invalid("a member of protocol.headers is not an array");
    for (const value of values) {
      if (!isOfThisHop(canonicalHeaderName(name)))
        fields.push([canonicalHeaderName(name), fieldValue(value)]);
    }
  }
  return fields;
}

function withContentType(headers: readonly HeaderField[], contentType: string): HeaderField[] {
  return [...headers.filter(([name]) => name !== "Content-Type"), ["Content-Type", fieldValue(contentType)]];
}

function fieldValue(value: unknown): string {
  if (typeof value !== "string") throw invalid("a value in protocol.headers is not a string");
  const field = fieldOfText(value);
  // A line break in here would be the start of a header that nobody set.
  if (!isFieldValue(field)) throw invalid("a header has a character it may not have");
  return field;
}

function skipSpace(bytes: Buffer, at: number): number {
  let index = at;
  while (index < bytes.length && isJsonSpace(bytes[index])) index++;
  return index;
}

function invalid(reason: string): FnError {
  return new FnError("answer_invalid", { format: "json", reason });
}
