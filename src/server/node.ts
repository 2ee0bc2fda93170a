import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Store } from "../store/store.ts";
import { Invoker, type InvokerOptions } from "./invoke.ts";
import type { Management } from "./management.ts";
import type { Metrics } from "./metrics.ts";
import { Operations } from "./operations.ts";
import { RouteCache } from "./route-cache.ts";

/** Longer than any balancer keeps a connection it does not use, so that it is the balancer who closes it. */
const KEEP_ALIVE_MS = 75_000;

export interface NodeOptions extends Omit<InvokerOptions, "routes"> {
  readonly store: Store;
  readonly management: Management;
  readonly metrics: Metrics;
  /** Undefined for all interfaces. */
  readonly host: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
}

/** A node's HTTP face: calls under `/r/`, `/metrics` and `/health/`, and everything else is management. */
export class HttpNode {
  readonly #options: NodeOptions;
  readonly #invoker: Invoker;
  readonly #operations: Operations;
  readonly #routes: RouteCache;
  readonly #server: Server;
  #isStopping = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#routes = new RouteCache(options.store, options.clock);
    this.#invoker = new Invoker({ ...options, routes: this.#routes });
    this.#operations = new Operations({ ...options, isStopping: () => this.#isStopping });
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) =>
      this.#handle(request, response),
    );
  }

  /** Resolves with the port it listens on; rejects with Node's error, such as EADDRINUSE. */
  start(): Promise<number> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ port, host }, () => {
        this.#server.off("error", reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Takes no new connections, and resolves when the answers that are due have been given. */
  stop(): Promise<void> {
    this.#isStopping = true;
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Breaks off every connection that is left. */
  kill(): void {
    this.#server.closeAllConnections();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (this.#isStopping) response.setHeader("Connection", "close");
    response.once("close", () => {
      if (this.#isStopping) setImmediate(() => this.#server.closeIdleConnections());
    });
    if (Invoker.isInvocation(request.url ?? "")) {
      void this.#invoker.handle(request, response);
      return;
    }
    if (this.#operations.serves(request)) {
      void this.#operations.handle(request, response);
      return;
    }
    if (request.method !== "GET") response.once("finish", () => this.#routes.clear());
    this.#options.management.handle(request, response);
  }
}
