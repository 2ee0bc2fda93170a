import { toJson } from "../model/json.ts";

/** The fields of an answer that is a stream of events, names and values in turn. */
export const EVENT_STREAM_FIELDS = ["Content-Type", "text/event-stream", "Cache-Control", "no-store"];

export interface ServerSentEvent {
  /** What a client that comes back sends as `Last-Event-ID`. */
  readonly id?: number;
  /** What listeners know its kind by. */
  readonly event: string;
  /** Sent as JSON, which is one line whatever is in it. */
  readonly data: unknown;
}

/** An event as it is written (HTML Living Standard, section 9.2). */
export function encodeEvent({ id, event, data }: ServerSentEvent): string {
  const idLine = id === undefined ? "" : `id: ${id}\n`;
  return `${idLine}event: ${event}\ndata: ${toJson(data)}\n\n`;
}

/** How long a client waits before it comes back, in milliseconds. The event behind it closes the block. */
export function encodeRetry(retryMs: number): string {
  return `retry: ${retryMs}\n`;
}

/** A comment: it tells proxies and readers that the stream lives, and is no event. */
export const HEARTBEAT = ":\n\n";
