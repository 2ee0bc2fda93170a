import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Agent, PrewarmOutcome } from "../agent/agent.ts";
import type { Exchange } from "../http1/exchange.ts";
import { createDateField } from "../http1/response-writer.ts";
import { ServerConnection, type ServerConnectionOptions } from "../http1/server-connection.ts";
import { asFnError } from "../model/errors.ts";
import type { Store } from "../store/store.ts";
import { Connections, DRAINING_FIELDS } from "./draining.ts";
import { errorAnswer, Invoker, type InvokerOptions } from "./invoke.ts";
import type { Management } from "./management.ts";
import type { Metrics } from "./metrics.ts";
import { Operations } from "./operations.ts";
import { Prewarm } from "./prewarm.ts";
import { asRequestError } from "./request-error.ts";
import { RouteCache } from "./route-cache.ts";

/** Each takes some KiB and a file descriptor; further ones are closed as they come. */
const CONNECTIONS_MAX = 16_384;

export interface NodeOptions extends Omit<InvokerOptions, "routes" | "isDraining"> {
  readonly agent: Pick<Agent, "submit" | "prewarm">;
  readonly store: Store;
  readonly management: Management;
  readonly metrics: Metrics;
  /** Undefined for all interfaces. */
  readonly host: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
}

/**
 * A node's HTTP face: calls under `/r/`, `/metrics`, `/health/` and `/1/node/prewarm`, and everything else is management.
 *
 * Calls take a way of their own through `http1/`, which is stricter and costs them less than Node's server. The first other
 * request on a connection hands it to that server, which closes it behind its answer.
 */
export class HttpNode {
  readonly #options: NodeOptions;
  readonly #invoker: Invoker;
  readonly #operations: Operations;
  readonly #prewarm: Prewarm;
  readonly #routes: RouteCache;
  readonly #server: Server;
  readonly #managementServer: HttpServer;
  readonly #connections = new Connections();
  readonly #sockets = new Set<Socket>();
  #isDraining = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#routes = new RouteCache(options.store, options.clock);
    const isDraining = () => this.#isDraining;
    const onWarmed = (outcome: PrewarmOutcome) => options.metrics.prewarmEnded(outcome);
    this.#invoker = new Invoker({ ...options, routes: this.#routes, isDraining });
    this.#operations = new Operations({ ...options, isDraining });
    this.#prewarm = new Prewarm({ ...options, routes: this.#routes, onWarmed, isDraining });
    this.#managementServer = createHttpServer((request, response) => this.#manage(request, response));
    const connectionOptions: ServerConnectionOptions = {
      clock: options.clock,
      date: createDateField(options.clock),
      onRequest: (exchange, connection) => this.#handle(exchange, connection),
      refusal: (error) => errorAnswer(asFnError(asRequestError(error)), this.#isDraining),
      onClose: (connection) => this.#connections.delete(connection),
    };
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      this.#connections.add(new ServerConnection(socket, connectionOptions));
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** Resolves with the port it listens on; rejects with Node's error, such as EADDRINUSE. */
  start(): Promise<number> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ port, host }, () => {
        this.#server.off("error", reject);
        // What listens on a port has an address of this kind.
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /**
   * Goes down: takes no new connections, and says in every answer that it is draining. Resolves when the answers that are due
   * have been given, and those to the requests that were on their way.
   */
  async stop(): Promise<void> {
    this.#isDraining = true;
    // What has connected before is taken first: the system would break those connections off.
    await new Promise((resolve) => setImmediate(resolve));
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#connections.drain();
    await closed;
  }

  /** Breaks off every connection that is left. */
  kill(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #handle(exchange: Exchange, connection: ServerConnection): void {
    const { head } = exchange;
    this.#connections.note(connection, head);
    if (Invoker.isInvocation(head.target)) void this.#invoker.handle(exchange);
    else if (this.#operations.serves(head)) void this.#operations.handle(exchange);
    else if (this.#prewarm.serves(head)) void this.#prewarm.handle(exchange);
    else this.#managementServer.emit("connection", connection.release());
  }

  #manage(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader("Connection", "close");
    const [name = "", value = ""] = DRAINING_FIELDS;
    if (this.#isDraining) response.setHeader(name, value);
    if (request.method !== "GET") response.once("finish", () => this.#routes.clear());
    this.#options.management.handle(request, response);
  }
}
