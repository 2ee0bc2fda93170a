import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions, type Server as TlsServer } from "node:tls";
import type { Clock } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import { plainAddress } from "../../http1/caller.ts";
import type { Exchange } from "../../http1/exchange.ts";
import { requestErrorOf } from "../../http1/request-error.ts";
import { createDateField, encodeResponseHead } from "../../http1/response-writer.ts";
import { ServerConnection, type ServerConnectionOptions } from "../../http1/server-connection.ts";
import { DEFAULT_TIMEOUTS, type ServerTimeouts } from "../../http1/server-timeouts.ts";
import { FnError } from "../../model/errors.ts";
import { refusalFor } from "./error-answer.ts";
import type { Peer } from "./peer.ts";
import { RequestIds } from "./request-id.ts";
import type { TrustedProxies } from "./trusted-proxies.ts";

/** Beyond the limit, so many at a time are told so; what comes beyond that is closed without a word. */
const REFUSED_AT_A_TIME = 256;

/** A header has at most 64 KiB; a client that needs longer for it is stuck or means harm. */
const HEAD_MS = 30_000;

/** A client of TLS that does not come to an end with its handshake is no better. */
const HANDSHAKE_MS = 30_000;

/** Where to listen. */
export interface ListenAddress {
  /** Undefined for all interfaces. */
  readonly host: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
}

/** Whether one listener serves both. */
export function isSameAddress(a: ListenAddress, b: ListenAddress): boolean {
  return a.host === b.host && a.port === b.port;
}

/** What may change while it listens: each connection gets what is so when it comes. */
export interface ListenerLimits {
  readonly connectionsMax: number;
  readonly timeouts: Partial<ServerTimeouts>;
  readonly trusted: TrustedProxies;
}

export interface HttpListenerOptions {
  readonly onRequest: (exchange: Exchange, peer: Peer) => void;
  /** Of a connection that could not be accepted, or a handshake that failed. */
  readonly onError: (error: Error) => void;
  readonly limits: () => ListenerLimits;
  /** Certificate and key; undefined for plain TCP. */
  readonly tls?: TlsOptions | undefined;
  /**
   * How long an idle connection is kept after `stop`, for one more request: a close can cross with it, and who has sent it may
   * not be able to send it again. 0 unless told.
   */
  readonly stopIdleMs?: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** An HTTP/1.1 server that can be drained. Starts once. */
export class HttpListener {
  readonly #options: HttpListenerOptions;
  readonly #server: Server;
  readonly #tlsServer: TlsServer | undefined;
  readonly #connectionOptions: Omit<ServerConnectionOptions, "onRequest" | "timeouts">;
  readonly #connections = new Set<ServerConnection>();
  /** Those with a handshake under way, and those that are refused, among them. */
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #isStopping = false;
  #closed: Promise<void> | undefined;
  #timeouts: { readonly told: Partial<ServerTimeouts>; readonly all: ServerTimeouts } | undefined;
  /** One for all sockets, of which there are many. */
  readonly #onSocketClose: (this: Socket) => void;

  constructor(options: HttpListenerOptions) {
    this.#options = options;
    const sockets = this.#sockets;
    this.#onSocketClose = function () {
      sockets.delete(this);
    };
    const ids = new RequestIds(options.random);
    this.#connectionOptions = {
      clock: options.clock,
      date: createDateField(options.clock),
      refusal: (error) => refusalFor(requestErrorOf(error), ids.idOf(undefined)),
      onClose: (connection) => this.#connections.delete(connection),
    };
    if (options.tls) {
      const tlsOptions = { handshakeTimeout: HANDSHAKE_MS, ...options.tls, noDelay: true };
      this.#tlsServer = createTlsServer(tlsOptions, (socket) => this.#serve(socket));
      this.#tlsServer.on("connection", (socket: Socket) => this.#note(socket));
      this.#tlsServer.on("tlsClientError", options.onError);
    }
    this.#server =
      this.#tlsServer ?? createServer({ noDelay: true }, (socket) => this.#serve(this.#note(socket)));
  }

  /** Begins to accept, at an address or on a socket that is bound already; rejects with the system's error. */
  start(where: ListenAddress | Server): Promise<void> {
    const server = this.#server;
    server.maxConnections = this.#options.limits().connectionsMax + REFUSED_AT_A_TIME;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      // Node takes both, and has no type that says so.
      server.listen(where as ListenOptions, () => {
        server.off("error", reject).on("error", this.#options.onError);
        this.#closed = new Promise((closed) => server.once("close", closed));
        const address = server.address();
        // That of a pipe is a text.
        if (address !== null && typeof address !== "string") this.#port = address.port;
        resolve();
      });
    });
  }

  /** The port it listens on, or did. */
  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** New connections get another certificate and key; throws for what is none, and goes on with the old. */
  setSecureContext(tls: TlsOptions): void {
    this.#tlsServer?.setSecureContext(tls);
  }

  /** Accepts no more, and resolves when the requests under way have their answers; the abort of `signal` cuts them off. */
  async stop(signal?: AbortSignal): Promise<void> {
    if (!this.#closed) return;
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#server.close();
      for (const connection of [...this.#connections]) connection.stop(this.#options.stopIdleMs);
    }
    const cut = () => this.cut();
    if (signal?.aborted) cut();
    signal?.addEventListener("abort", cut, { once: true });
    await this.#closed;
    signal?.removeEventListener("abort", cut);
  }

  /** Breaks off every connection. */
  cut(): void {
    for (const socket of [...this.#sockets]) socket.destroy();
  }

  #note(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on("close", this.#onSocketClose);
    return socket;
  }

  /** The same object for all connections that are told the same. */
  #timeoutsOf(told: Partial<ServerTimeouts>): ServerTimeouts {
    if (this.#timeouts?.told !== told) {
      this.#timeouts = { told, all: { ...DEFAULT_TIMEOUTS, headMs: HEAD_MS, ...told } };
    }
    return this.#timeouts.all;
  }

  #serve(socket: Socket): void {
    const { connectionsMax, timeouts, trusted } = this.#options.limits();
    this.#server.maxConnections = connectionsMax + REFUSED_AT_A_TIME;
    if (this.#connections.size >= connectionsMax) {
      refuseConnection(socket);
      return;
    }
    const { onRequest } = this.#options;
    const address = plainAddress(socket.remoteAddress ?? "");
    const proto = this.#tlsServer ? "https" : "http";
    const peer: Peer = { address, proto, isTrusted: trusted.has(address) };
    const connection = new ServerConnection(socket, {
      ...this.#connectionOptions,
      timeouts: this.#timeoutsOf(timeouts),
      onRequest: (exchange) => onRequest(exchange, peer),
      // What TLS has decrypted lies in memory of its own anyway.
      sharesReads: !this.#tlsServer,
    });
    this.#connections.add(connection);
    if (this.#isStopping) connection.stop(this.#options.stopIdleMs);
  }
}

/** Tells one connection too many why it is closed, without waiting for its request. */
function refuseConnection(socket: Socket): void {
  const { status, fields, body } = refusalFor(
    new FnError("connections_exhausted", {}, { retryAfterS: 1 }),
    "none",
  );
  const head = encodeResponseHead(status, [
    ...fields,
    "Content-Length",
    String(body.length),
    "Connection",
    "close",
  ]);
  socket.on("error", () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(head, "latin1"), body]));
  // What it sends is dropped unread, or it could hold the place for as long as it likes.
  socket.resume().once("finish", () => socket.destroySoon());
}
