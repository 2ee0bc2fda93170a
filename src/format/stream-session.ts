import type { Readable, Writable } from "node:stream";
import type { CancelSignal } from "../clock/cancel.ts";
import { FnError } from "../model/errors.ts";
import type { FormatName } from "../model/fn.ts";
import { ActiveCall, type Outlet, type RequestPipe } from "./active-call.ts";
import type { AnswerSink, CallInput, Session } from "./format.ts";

/** What a format adds to a pair of byte streams to make a session of them. */
export interface StreamSessionParts {
  readonly format: FormatName;
  readonly input: Writable;
  readonly output: Readable;
  readonly send: SendRequest;
  readonly reader: AnswerReader;
  /** The streams are of no more use to the session. */
  readonly onOver?: () => void;
}

/**
 * Writes one request, between `pipe.begin` and `pipe.complete`. Runs while the answer is read. When it throws or
 * rejects the call fails; before `begin` that leaves the function as it was.
 */
export type SendRequest = (input: CallInput, pipe: RequestPipe) => void | Promise<void>;

/** Reads answers, one after another, out of what the function writes. */
export interface AnswerReader {
  /** Makes ready for the answer to this call; it goes to `outlet`. */
  start(input: CallInput, outlet: Outlet): void;
  /**
   * Takes bytes from `at` on; returns where it stopped: behind the answer, or earlier when the outlet asked to wait.
   * Throws FnError when the bytes are no answer.
   */
  push(bytes: Buffer, at: number): number;
  /** The function wrote its last byte; tells whether the answer is whole. */
  end(): boolean;
  /** Whether the answer is whole. */
  readonly isDone: boolean;
  /** Of a whole answer: the failure it tells about, if any. */
  readonly failure: FnError | undefined;
  /** Of a whole answer: whether the function takes no other call on these streams. */
  readonly isLast: boolean;
  /** Whether bytes between two answers mean nothing. */
  isPadding(bytes: Buffer, at: number): boolean;
}

/**
 * - `idle`: ready for a call;
 * - `busy`: with a call;
 * - `ended`: the function closed its side between calls, or said that it will;
 * - `spent`: something is half-read, half-written or left over, or the session was closed.
 */
type State = "idle" | "busy" | "ended" | "spent";

const MOVES: Readonly<Record<State, readonly State[]>> = {
  idle: ["busy", "ended", "spent"],
  busy: ["idle", "ended", "spent"],
  ended: ["spent"],
  spent: [],
};

/**
 * A session over a pair of byte streams. Its listeners stay on the streams from the first call to the last, so that
 * a call costs none, and what comes between calls is noticed.
 */
export class StreamSession implements Session {
  readonly #parts: StreamSessionParts;
  #state: State = "idle";
  #call: ActiveCall | undefined;
  /** While the sink makes the answer wait: bytes that were read already. */
  #waiting: Buffer | undefined;
  #isOutputOver = false;
  /** What broke the output, if it did not simply end. */
  #outputError: Error | undefined;

  constructor(parts: StreamSessionParts) {
    this.#parts = parts;
    const { input, output } = parts;
    input.on("drain", this.#onDrain).on("error", this.#onInputError);
    output.on("data", this.#onData).on("end", this.#onEnd);
    output.on("error", this.#onOutputError).on("close", this.#onClose);
    if (output.readableEnded) this.#endOutput();
    else if (output.destroyed) this.#onClose();
  }

  get state(): State {
    return this.#state;
  }

  get isReusable(): boolean {
    return this.#state === "idle";
  }

  exchange(input: CallInput, sink: AnswerSink, signal: CancelSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      // The streams can end at any time, also just before a call.
      if (this.#state === "ended") throw new FnError("answer_cut");
      if (this.#state !== "idle") throw new Error(`a call on a session that is ${this.#state}`);
      signal.throwIfAborted();
      const call = new ActiveCall(this.#parts.input, sink, signal, resolve, reject);
      this.#move("busy");
      this.#call = call;
      signal.addEventListener("abort", this.#onAbort);
      this.#parts.reader.start(input, call);
      this.#send(input, call);
    });
  }

  close(): void {
    const { input, output } = this.#parts;
    this.#fail(new FnError("answer_cut"));
    if (this.#state !== "spent") this.#move("spent");
    input.off("drain", this.#onDrain).off("error", this.#onInputError);
    output.off("data", this.#onData).off("end", this.#onEnd);
    output.off("error", this.#onOutputError).off("close", this.#onClose);
    // Streams can still fail while their owner takes them down, and what the function still writes must not block it.
    input.on("error", ignore);
    output.on("error", ignore);
    input.end();
    output.resume();
  }

  #send(input: CallInput, call: ActiveCall): void {
    const onError = (error: unknown) => {
      if (call === this.#call) this.#fail(error);
    };
    try {
      this.#parts.send(input, call)?.catch(onError);
    } catch (error) {
      onError(error);
    }
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#state === "idle") {
      if (!this.#parts.reader.isPadding(bytes, 0)) this.#move("spent");
    } else if (this.#call?.hasBegun) {
      this.#read(bytes, this.#call);
    } else if (this.#call && !this.#parts.reader.isPadding(bytes, 0)) {
      // It is no longer as it was: this ends in `spent`.
      this.#call.begin();
      const reason = "there was output before the request";
      this.#fail(new FnError("answer_invalid", { format: this.#parts.format, reason }));
    }
  };

  #read(bytes: Buffer, call: ActiveCall): void {
    const { reader, output } = this.#parts;
    let stop: number;
    try {
      stop = reader.push(bytes, 0);
    } catch (error) {
      if (call === this.#call) this.#fail(error);
      return;
    }
    const { wait } = call;
    wait?.then(
      () => this.#goOn(call),
      (error) => {
        if (call === this.#call) this.#fail(error);
      },
    );
    // The sink may have ended the call while it was handed a part.
    if (call !== this.#call) return;
    const rest = bytes.subarray(stop);
    if (wait) {
      this.#waiting = rest;
      output.pause();
    } else if (reader.isDone) {
      this.#finish(rest);
    } else if (output.isPaused()) {
      output.resume();
    }
  }

  /** The sink takes more. */
  #goOn(call: ActiveCall): void {
    const bytes = this.#waiting;
    if (call !== this.#call || !bytes) return;
    call.wait = undefined;
    this.#waiting = undefined;
    this.#read(bytes, call);
    if (call === this.#call && !call.wait && this.#isOutputOver) this.#endAnswer();
  }

  readonly #onEnd = (): void => this.#endOutput();

  readonly #onOutputError = (error: Error): void => this.#endOutput(error);

  /** Comes after `end`, or without it when the channel was torn down. */
  readonly #onClose = (): void => this.#endOutput(new Error("the channel was closed"));

  #endOutput(error?: Error): void {
    if (this.#isOutputOver) return;
    this.#isOutputOver = true;
    this.#outputError = error;
    if (this.#state === "idle") this.#move("ended");
    else if (this.#call && !this.#waiting) this.#endAnswer();
  }

  #endAnswer(): void {
    if (this.#outputError === undefined && this.#parts.reader.end()) this.#finish(NOTHING);
    else this.#fail(new FnError("answer_cut", {}, { cause: this.#outputError }));
  }

  readonly #onDrain = (): void => this.#call?.drained();

  /** The function no longer reads: the request cannot become whole, but an answer may still come. */
  readonly #onInputError = (): void => {
    if (this.#state === "idle") this.#move("ended");
    else this.#call?.breakRequest();
  };

  readonly #onAbort = (): void => this.#fail(this.#call?.signal.reason);

  /** The answer is whole; `rest` came behind it. */
  #finish(rest: Buffer): void {
    const { input, reader } = this.#parts;
    const call = this.#release();
    const { failure } = reader;
    // What the function has not read of this request it would take for the next one.
    const isWholeRequest = call?.isRequestWhole === true && input.writableLength === 0;
    if (!isWholeRequest || !reader.isPadding(rest, 0)) this.#move("spent");
    else this.#move(reader.isLast || this.#isOutputOver ? "ended" : "idle");
    if (failure) call?.reject(failure);
    else call?.resolve();
  }

  #fail(error: unknown): void {
    const call = this.#release();
    if (!call) return;
    if (call.hasBegun) this.#move("spent");
    else this.#move(this.#isOutputOver ? "ended" : "idle");
    call.reject(error);
  }

  #release(): ActiveCall | undefined {
    const call = this.#call;
    this.#call = undefined;
    this.#waiting = undefined;
    call?.signal.removeEventListener("abort", this.#onAbort);
    call?.close();
    return call;
  }

  #move(to: State): void {
    const from = this.#state;
    if (!MOVES[from].includes(to)) throw new Error(`a session cannot go from ${from} to ${to}`);
    this.#state = to;
    if (to === "busy") return;
    // Flowing again if a sink had made it wait: between calls to notice what comes, at the end to drop it.
    if (this.#parts.output.isPaused()) this.#parts.output.resume();
    if (to !== "idle") this.#parts.onOver?.();
  }
}

const NOTHING = Buffer.alloc(0);

function ignore(): void {}
