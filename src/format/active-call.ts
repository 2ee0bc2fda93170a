import type { Writable } from "node:stream";
import type { CancelSignal } from "../clock/cancel.ts";
import type { AnswerSink, HeaderField } from "./format.ts";

/** Where a request is written, for as long as its call runs. */
export interface RequestPipe {
  /** False once the rest of the request is of no use: the call is over, or the function no longer reads. */
  readonly isOpen: boolean;
  /** The function may answer from now on. What it says before that is no answer. */
  begin(): void;
  /** Text for the function, a character per byte: the head of a request, which is written in one piece. */
  writeHead(latin1: string): void;
  /** Bytes for the function; dropped when the pipe is not open. A promise asks to wait; it resolves also at the end. */
  write(bytes: Uint8Array): void | Promise<void>;
  /** The function will read no more than this: there is nothing after the request. */
  end(): void;
  /** The request is whole. */
  complete(): void;
}

/** Where an answer goes, for as long as its call runs. */
export interface Outlet {
  head(status: number, headers: readonly HeaderField[], bodyBytes: number | undefined): void;
  /** False asks to wait with the next part. */
  body(part: Buffer): boolean;
}

/** One call of a session, from its first byte to the last: afterwards neither side of it moves anything. */
export class ActiveCall implements RequestPipe, Outlet {
  readonly signal: CancelSignal;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  /** False as long as the function knows nothing of the call. */
  hasBegun = false;
  isRequestWhole = false;
  /** What the sink waits for before it takes another part. */
  wait: Promise<void> | undefined;
  readonly #input: Writable;
  readonly #sink: AnswerSink;
  #isOver = false;
  #isRequestBroken = false;
  #onDrained: (() => void) | undefined;

  constructor(
    input: Writable,
    sink: AnswerSink,
    signal: CancelSignal,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ) {
    this.#input = input;
    this.#sink = sink;
    this.signal = signal;
    this.resolve = resolve;
    this.reject = reject;
  }

  get isOpen(): boolean {
    return !this.#isOver && !this.#isRequestBroken;
  }

  begin(): void {
    this.hasBegun = true;
  }

  writeHead(latin1: string): void {
    if (!this.isOpen) return;
    if (this.#input.writable) this.#input.write(latin1, "latin1");
    else this.breakRequest();
  }

  write(bytes: Uint8Array): void | Promise<void> {
    if (!this.isOpen) return;
    if (!this.#input.writable) return this.breakRequest();
    if (this.#input.write(bytes)) return;
    return new Promise((resolve) => {
      this.#onDrained = resolve;
    });
  }

  end(): void {
    if (this.isOpen) this.#input.end();
  }

  complete(): void {
    if (this.isOpen) this.isRequestWhole = true;
  }

  /** The input takes more. */
  drained(): void {
    this.#onDrained?.();
  }

  /** The function no longer reads. */
  breakRequest(): void {
    this.#isRequestBroken = true;
    this.isRequestWhole = false;
    this.#onDrained?.();
  }

  head(status: number, headers: readonly HeaderField[], bodyBytes: number | undefined): void {
    if (!this.#isOver) this.#sink.head(status, headers, bodyBytes);
  }

  body(part: Buffer): boolean {
    if (this.#isOver) return false;
    const wait = this.#sink.write(part);
    if (!wait) return !this.#isOver;
    this.wait = wait;
    return false;
  }

  /** The call is over. */
  close(): void {
    this.#isOver = true;
    this.#onDrained?.();
  }
}
