import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

/**
 * The body of a request on its way to a node. It takes nothing from the client before it is read for the first
 * time, so that a request which no node has seen can go to the next one whole. And it can be destroyed without
 * harm to the client's connection, on which the answer is still to go out.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  readonly #onFirstRead: () => void;
  #isRead = false;

  constructor(request: IncomingMessage, onFirstRead: () => void) {
    super();
    this.#request = request;
    this.#onFirstRead = onFirstRead;
    // Who sends the body listens for its errors; after that one only says that the client left.
    this.on("error", () => {});
  }

  override _read(): void {
    if (!this.#isRead) this.#begin();
    this.#request.resume();
  }

  /** What nobody reads any more is taken from the client and dropped, so that it gets to read its answer. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#request.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose).resume();
    callback(error);
  }

  #begin(): void {
    this.#isRead = true;
    this.#request.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onClose);
    this.#onFirstRead();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#request.pause();
  };

  readonly #onEnd = (): void => {
    this.push(null);
  };

  readonly #onClose = (): void => {
    if (!this.#request.readableEnded) this.destroy(new Error("the client left before its request was whole"));
  };
}

/** True when a body follows the header (RFC 9112, section 6.3). */
export function hasBody(request: IncomingMessage): boolean {
  const { "content-length": length, "transfer-encoding": coding } = request.headers;
  return coding !== undefined || (length !== undefined && Number(length) > 0);
}
