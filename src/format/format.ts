import type { Readable, Writable } from "node:stream";
import type { CancelSignal } from "../clock/cancel.ts";
import type { HeaderField } from "../http1/fields.ts";
import type { Channel, FnType, FormatName } from "../model/fn.ts";

export type { HeaderField } from "../http1/fields.ts";

/** How a call is written to a container and its answer read back. */
export interface Format {
  readonly name: FormatName;
  /** True when one container serves many calls, one after another; else each call has its own. */
  readonly hot: boolean;
  readonly channel: Channel;
  /** Variables of the one call that a cold container serves; a hot one has none. */
  callEnv(input: CallInput): Record<string, string>;
  /**
   * Takes over the channel of a container, and resolves when it can take a call. How long that may take, and that
   * the container ends meanwhile, is for the caller to notice: it aborts the signal with its reason.
   * The caller keeps stderr, and with channel `socket` stdout too: there both are log.
   * Errors: `container_init_failed`, `container_start_failed`, and the signal's reason.
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
   * Runs one call: writes it, hands the answer to `sink`, and resolves when the answer is whole and `sink` has taken
   * it. A cold function's answer is whole when its output ends; how it exits is for the caller to judge.
   * Rejects with `answer_invalid`, `answer_cut`, `answer_header_too_large`, `answer_body_too_large`,
   * `function_failed`, `call_timeout` (the function says so itself) or `body_too_large`, with whatever `input.body` or
   * `sink` throws, and with the signal's reason once it is aborted. However it ends, the container must not be used
   * again unless `session.isReusable` says so.
   */
  exchange(input: CallInput, sink: AnswerSink, signal: CancelSignal): Promise<void>;
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
  /**
   * Called by the function's id and not by a path: `http-stream` then passes fields as they are, both ways. Other formats
   * make no difference.
   */
  readonly isDirect: boolean;
  /** When the call is over, in Unix milliseconds. */
  readonly deadlineMs: number;
  /**
   * Undefined when there is none. Read once, and only as fast as the function takes it; left early (`return` of its
   * iterator) when the function does not want the rest.
   */
  readonly body: AsyncIterable<Uint8Array> | undefined;
  /** Bytes of the body, when the client told; undefined with a body means that the client sent chunks. */
  readonly bodyBytes: number | undefined;
}

/** Where an answer goes. */
export interface AnswerSink {
  /**
   * Once, before the first `write`; not at all when a cold function printed nothing: then only its exit code tells
   * an empty answer from none. Status is 200 to 599. Names are in canonical form; hop-by-hop fields, and those of the
   * body's framing, are left out.
   * `bodyBytes` is the length of the body when the function told it: for HEAD, of the body that does not come.
   */
  head(status: number, headers: readonly HeaderField[], bodyBytes: number | undefined): void;
  /**
   * A part of the body, not empty; its bytes stay as they are. A promise asks to wait with the next one; it rejects
   * when the reader is gone.
   */
  write(part: Uint8Array): void | Promise<void>;
  /** The answer stays as it is and is not whole; why is still being found out. What has not left need not leave. */
  failing?(): void;
}
