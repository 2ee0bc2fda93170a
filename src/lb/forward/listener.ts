import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A header block has at most 16 KiB; a client that needs longer for it is stuck or means harm. */
const HEADER_TIMEOUT_MS = 30_000;

/** For a whole request: enough for large bodies over slow lines, but not for ever. */
const REQUEST_TIMEOUT_MS = 3600_000;

/** Longer than clients and proxies usually keep an idle connection, so that they are the ones to close it. */
const IDLE_TIMEOUT_MS = 75_000;

/** Each takes some KiB and a file descriptor; further ones are closed as they come. */
const CONNECTIONS_MAX = 8192;

/** Where to listen. */
export interface ListenAddress {
  /** Undefined for all interfaces. */
  readonly host: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
}

export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP/1.1 server that can be drained. */
export class Listener {
  readonly #server: Server;
  readonly #onError: (error: Error) => void;
  readonly #running = new Set<ServerResponse>();
  #closed: Promise<unknown> | undefined;

  /** `onError` is told of a connection that could not be accepted. */
  constructor(handle: Handle, onError: (error: Error) => void) {
    const server = createServer({
      headersTimeout: HEADER_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
      noDelay: true,
    });
    server.maxConnections = CONNECTIONS_MAX;
    // The size of the header block bounds their number; a limit besides would drop fields without a word.
    server.maxHeadersCount = 0;

    const onRequest: Handle = (request, response) => {
      this.#track(response);
      handle(request, response);
    };
    // Who handles the request says 100 Continue, once the body is wanted.
    server.on("request", onRequest).on("checkContinue", onRequest);
    this.#server = server;
    this.#onError = onError;
  }

  /** Begins to accept; rejects with the system's error when the address cannot be had. */
  async start({ host, port }: ListenAddress): Promise<void> {
    this.#server.listen(port, host);
    await once(this.#server, "listening");
    this.#server.on("error", this.#onError);
    this.#closed = once(this.#server, "close");
  }

  /** The port it listens on. */
  get port(): number {
    // A text is the address of a pipe, and null that of a server which does not listen: this is neither.
    return (this.#server.address() as AddressInfo).port;
  }

  /** Accepts no more, and resolves when the requests under way have ended; the abort of `signal` cuts them off. */
  async stop(signal?: AbortSignal): Promise<void> {
    if (this.#closed === undefined) return;
    if (this.#server.listening) this.#server.close();
    for (const response of this.#running) response.shouldKeepAlive = false;

    const cut = () => this.#server.closeAllConnections();
    if (signal?.aborted) cut();
    signal?.addEventListener("abort", cut, { once: true });
    await this.#closed;
    signal?.removeEventListener("abort", cut);
  }

  /** A connection that is kept after its answer would hold up the stop, so from then on none is. */
  #track(response: ServerResponse): void {
    if (!this.#server.listening) response.shouldKeepAlive = false;
    this.#running.add(response);
    response.on("close", () => {
      this.#running.delete(response);
      if (!this.#server.listening) setImmediate(() => this.#server.closeIdleConnections());
    });
  }
}
