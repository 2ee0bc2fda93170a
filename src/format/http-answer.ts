import { canonicalHeaderName, isHopByHop } from "../http1/fields.ts";
import type { LineEnds } from "../http1/head-reader.ts";
import { Http1Error } from "../http1/http1-error.ts";
import { type ResponseHandler, type ResponseHead, ResponseReader } from "../http1/response-reader.ts";
import { FnError } from "../model/errors.ts";
import type { FormatName } from "../model/fn.ts";
import type { Outlet } from "./active-call.ts";
import type { CallInput, HeaderField } from "./format.ts";
import type { AnswerReader } from "./stream-session.ts";

/** What the head of a function's response means to the caller. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: readonly HeaderField[];
}

export interface HttpDialect {
  readonly format: FormatName;
  readonly lineEnds: LineEnds;
  /** Of the request that is written for a call: a response to HEAD has no body. */
  methodOf(input: CallInput): string;
  /** The answer for the caller, or the failure that the response tells about; throws when it means nothing. */
  interpret(head: ResponseHead, input: CallInput): AnswerHead | FnError;
  /** Whether the function takes no other request after this response. */
  isLast(head: ResponseHead): boolean;
}

/** Reads answers that are HTTP responses. */
export class HttpAnswer implements AnswerReader, ResponseHandler {
  failure: FnError | undefined;
  isLast = false;
  readonly #dialect: HttpDialect;
  readonly #reader: ResponseReader;
  #input: CallInput | undefined;
  #outlet: Outlet | undefined;

  constructor(dialect: HttpDialect) {
    this.#dialect = dialect;
    this.#reader = new ResponseReader(this, dialect.lineEnds);
  }

  get isDone(): boolean {
    return this.#reader.isDone;
  }

  start(input: CallInput, outlet: Outlet): void {
    this.failure = undefined;
    this.isLast = false;
    this.#input = input;
    this.#outlet = outlet;
    this.#reader.start(this.#dialect.methodOf(input));
  }

  push(bytes: Buffer, at: number): number {
    try {
      return this.#reader.push(bytes, at);
    } catch (error) {
      throw error instanceof Http1Error ? this.#toFnError(error) : error;
    }
  }

  end(): boolean {
    return this.#reader.end();
  }

  isPadding(bytes: Buffer, at: number): boolean {
    return at === bytes.length;
  }

  head(head: ResponseHead): void {
    if (!this.#input) throw new Error("an answer before there was a call");
    this.isLast = this.#dialect.isLast(head);
    const answer = this.#dialect.interpret(head, this.#input);
    if (answer instanceof FnError) this.failure = answer;
    else this.#outlet?.head(answer.status, answer.headers, head.contentLength);
  }

  body(part: Buffer): boolean {
    // What a function says about its own failure is not for the caller; it is read to keep the container usable.
    return this.failure !== undefined || this.#outlet?.body(part) === true;
  }

  #toFnError(error: Http1Error): FnError {
    if (error.kind === "head_too_large") return new FnError("answer_header_too_large", {}, { cause: error });
    return new FnError(
      "answer_invalid",
      { format: this.#dialect.format, reason: error.message },
      { cause: error },
    );
  }
}

/** The fields for the caller: without those of the hop and of the framing, names in canonical form. */
export function endToEndFields({ fields, connection }: ResponseHead): HeaderField[] {
  const kept: HeaderField[] = [];
  for (const [name, value] of fields) {
    const canonicalName = canonicalHeaderName(name);
    if (isOfThisHop(canonicalName) || connection.includes(canonicalName.toLowerCase())) continue;
    kept.push([canonicalName, value]);
  }
  return kept;
}

/** Whether a field, its name in canonical form, is about this connection or about the framing of the body. */
export function isOfThisHop(canonicalName: string): boolean {
  return canonicalName === "Content-Length" || isHopByHop(canonicalName.toLowerCase());
}
