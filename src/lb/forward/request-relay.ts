import type { ClientConnection } from "../../http1/client-connection.ts";
import type { IncomingBody } from "../../http1/incoming-body.ts";
import type { RequestHead } from "../../http1/request-reader.ts";
import { encodeChunk, LAST_CHUNK } from "../../http1/request-writer.ts";
import { KEPT_BYTES_MAX, KeptBody, type KeptBytes } from "./kept-body.ts";
import { encodeTrailers } from "./request-fields.ts";

/** Sends the body of a request to a node while it comes, and from its beginning to another, as long as it is at hand. */
export class RequestRelay {
  readonly #body: IncomingBody;
  readonly #isChunked: boolean;
  #kept: KeptBody | undefined;
  /** Undefined between two attempts. */
  #connection: ClientConnection | undefined;
  /** Came between two attempts. */
  #heldUp: Buffer | undefined;
  #isWhole = false;

  /** `kept` is where what is kept counts; undefined for a request that is not sent twice. */
  constructor(
    body: IncomingBody,
    head: RequestHead,
    kept: KeptBytes | undefined,
    connection: ClientConnection,
  ) {
    this.#body = body;
    this.#isChunked = head.framing === "chunked";
    this.#connection = connection;
    if (kept && (head.contentLength ?? 0) <= KEPT_BYTES_MAX) this.#kept = new KeptBody(kept);
  }

  /** Whether all that was sent can be sent again. */
  get isAtHand(): boolean {
    return this.#kept?.isWhole === true;
  }

  /** Whether all of it has come. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Takes a part from the client; false asks to wait. */
  part(bytes: Buffer): boolean {
    if (!this.#connection) {
      this.#heldUp = bytes;
      return false;
    }
    this.#kept?.add(bytes);
    return this.#connection.write(this.#isChunked ? encodeChunk(bytes) : bytes);
  }

  /** The client has sent all. */
  end(): void {
    this.#isWhole = true;
    this.#finish();
  }

  /** The node can take more. */
  resume(): void {
    this.#body.resume();
  }

  /** The connection is lost. */
  detach(): void {
    this.#connection = undefined;
  }

  /** From the beginning, over another connection. */
  sendAgain(connection: ClientConnection): void {
    this.#connection = connection;
    for (const part of this.#kept?.parts ?? []) connection.write(this.#isChunked ? encodeChunk(part) : part);
    const heldUp = this.#heldUp;
    this.#heldUp = undefined;
    if (heldUp) this.part(heldUp);
    if (this.#isWhole) this.#finish();
    this.#body.resume();
  }

  /** It is not sent again. */
  forget(): void {
    this.#kept?.drop();
    this.#kept = undefined;
  }

  #finish(): void {
    if (!this.#connection) return;
    if (this.#isChunked) {
      const trailers = encodeTrailers(this.#body.trailers);
      this.#connection.write(trailers === "" ? LAST_CHUNK : `0\r\n${trailers}\r\n`);
    }
    this.#connection.finish();
  }
}
