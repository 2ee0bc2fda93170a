import type { Readable } from "node:stream";
import type { CallLog } from "./call-log.ts";

/**
 * Reads what a container logs, all the time, so that it never blocks on a full pipe, and credits each byte to the
 * call that runs, to the last one for as long as its log is not whole, or to none.
 */
export class StderrTap {
  /** Resolves when everything there is to log has been read: the container has ended. */
  readonly ended: Promise<unknown>;
  #call: CallLog | undefined;

  /** `onStray` gets what comes while no call runs. */
  constructor(streams: readonly Readable[], onStray: (part: Uint8Array) => void) {
    for (const stream of streams) {
      stream.on("data", (part: Uint8Array) => {
        if (this.#call) this.#call.append(part);
        else onStray(part);
      });
      // A broken log breaks no call; the end of the container is noticed elsewhere.
      stream.on("error", () => {});
    }
    this.ended = Promise.all(streams.map(untilClosed));
  }

  /** From now on bytes belong to this log. */
  creditTo(log: CallLog): void {
    this.#call = log;
  }

  /** They belong to this log no more; nothing happens if another call has begun meanwhile. */
  release(log: CallLog): void {
    if (this.#call === log) this.#call = undefined;
  }
}

function untilClosed(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once("close", resolve);
  });
}
