/** A call as every format tells it, and the answer as every format is told it. */

export type Field = readonly [name: string, value: string];

export interface Call {
  readonly id: string;
  readonly deadline: Date | undefined;
  /** Of the caller's request; undefined when the function was called by its id. */
  readonly method: string | undefined;
  /** Absolute, query included; undefined when the function was called by its id. */
  readonly url: string | undefined;
  /** The caller's, without those that belong to a connection or to the platform. */
  readonly fields: readonly Field[];
  /** Read once. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Answer {
  /** HTTP's, 200 to 599. */
  readonly status: number;
  readonly fields: readonly Field[];
  readonly body: AnswerBody;
  /** The function has failed, so that this is no answer of its own. */
  readonly isFailure?: true;
}

export type AnswerBody = string | Uint8Array | AsyncIterable<string | Uint8Array> | undefined;

/** Answers one call; never rejects. */
export type Answerer = (call: Call) => Promise<Answer>;

/** What the caller of a function gets that failed; why is in its log. */
export const FAILED_STATUS = 502;

/** The first value of a name in lower case. */
export function fieldValue(fields: readonly Field[], name: string): string | undefined {
  return fields.find(([candidate]) => candidate.toLowerCase() === name)?.[1];
}

/** Undefined for a text that is no time. */
export function dateOf(text: string | undefined): Date | undefined {
  const date = new Date(text ?? "");
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** All of a body. */
export async function bytesOf(body: AsyncIterable<string | Uint8Array>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

/** Of one connection, not of the message: RFC 9110, 7.6.1. Host and length are written anew where they are needed. */
export const HOP_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
