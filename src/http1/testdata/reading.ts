import assert from "node:assert/strict";
import type { HeaderField } from "../fields.ts";
import type { LineEnds } from "../head-reader.ts";
import { Http1Error, type Http1ErrorKind } from "../http1-error.ts";
import { type ResponseHead, ResponseReader } from "../response-reader.ts";

/** One response with what came of it. */
export class Reading {
  head: ResponseHead | undefined;
  body = "";
  readonly #reader: ResponseReader;

  constructor(method = "GET", lineEnds: LineEnds = "crlf") {
    const head = (head: ResponseHead) => {
      this.head = head;
    };
    const body = (part: Buffer) => {
      this.body += part.toString("latin1");
      return true;
    };
    this.#reader = new ResponseReader({ head, body }, lineEnds);
    this.#reader.start(method);
  }

  get isDone(): boolean {
    return this.#reader.isDone;
  }

  get trailers(): readonly HeaderField[] {
    return this.#reader.trailers;
  }

  start(): void {
    this.body = "";
    this.#reader.start("GET");
  }

  push(bytes: Buffer): number {
    return this.#reader.push(bytes);
  }

  end(): boolean {
    return this.#reader.end();
  }
}

export function read(text: string | Buffer, options: { method?: string; lineEnds?: LineEnds } = {}) {
  const bytes = Buffer.from(text);
  const reading = new Reading(options.method, options.lineEnds);
  const stop = reading.push(bytes);
  const { head, body, isDone, trailers } = reading;
  return { head, body, isDone, trailers, rest: bytes.toString("latin1", stop) };
}

export function refuses(text: string, kind: Http1ErrorKind, lineEnds: LineEnds = "crlf"): void {
  assert.throws(
    () => read(text, { lineEnds }),
    (error) => error instanceof Http1Error && error.kind === kind,
  );
}
