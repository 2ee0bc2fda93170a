import type { Readable, Writable } from "node:stream";
import type { Channel, FnType, FormatName } from "../model/fn.ts";

/** How a call is written to a container and its answer read back. */
export interface Format {
  readonly name: FormatName;
  /** True when one container serves many calls, one after another; else each call has its own. */
  readonly hot: boolean;
  readonly channel: Channel;
  /** Variables of the one call that a cold container serves; a hot one has none. */
  callEnv(input: CallInput): Record<string, string>;
  /**
   * Takes over the channel of a started container, and resolves when it can take a call.
   * The caller keeps stderr. Errors: `container_init_failed`, `container_init_timeout`.
   */
  open(container: ContainerStreams, signal: AbortSignal): Promise<Session>;
}

/** The part of a container that a format talks through. */
export interface ContainerStreams {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** With channel `socket`: where the function's socket appears, as this process sees it. */
  readonly socketPath: string | undefined;
}

/** A conversation with one container: one call at a time. */
export interface Session {
  /**
   * Runs one call: writes it, hands the answer to `sink`, and resolves when the answer is whole.
   * Rejects with `answer_invalid`, `answer_cut`, `answer_header_too_large`, `function_failed` and the like, with
   * whatever `input.body` or `sink` throws, and with the signal's reason once it is aborted. When it rejects, and
   * whatever the reason, the container must not be used again unless `session.isReusable` says so.
   */
  exchange(input: CallInput, sink: AnswerSink, signal: AbortSignal): Promise<void>;
  /**
   * Whether the container is in a clean state for a next call: nothing half-read, half-written or left over.
   * Checked between calls; turns false also when something arrives that no call asked for.
   */
  readonly isReusable: boolean;
  /** Lets go of the channel. The container is removed by its owner. */
  close(): void;
}

/** One call as a format sees it. */
export interface CallInput {
  readonly callId: string;
  readonly type: FnType;
  readonly method: string;
  /** Origin form, as the client wrote it: `/r/app/path?q=1`. */
  readonly target: string;
  /** The client's Host field. */
  readonly host: string;
  /** Absolute, query included: `http://host:8080/r/app/path?q=1`. */
  readonly requestUrl: string;
  /** The client's fields in order, names as sent, without Host and hop-by-hop fields; names may repeat. */
  readonly headers: readonly HeaderField[];
  /** When the call is over, in Unix milliseconds. */
  readonly deadlineMs: number;
  /** Undefined when there is none. Read once, and only as fast as the function takes it. */
  readonly body: AsyncIterable<Uint8Array> | undefined;
  /** Bytes of the body, when the client told; undefined with a body means that the client sent chunks. */
  readonly bodyBytes: number | undefined;
}

/** Name and value, both without line breaks. */
export type HeaderField = readonly [name: string, value: string];

/** Where an answer goes. */
export interface AnswerSink {
  /** Once, before the first `write`. Hop-by-hop fields, and those of the body's framing, are left out. */
  head(status: number, headers: readonly HeaderField[]): void;
  /** A part of the body. A promise asks to wait with the next one; it rejects when the reader is gone. */
  write(part: Uint8Array): void | Promise<void>;
}
