import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  METHODS,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Agent, PrewarmOutcome } from "../agent/agent.ts";
import type { Exchange } from "../http1/exchange.ts";
import { DRAINING_FIELDS } from "../http1/node-state.ts";
import { requestErrorOf } from "../http1/request-error.ts";
import type { RequestHead } from "../http1/request-reader.ts";
import { createDateField } from "../http1/response-writer.ts";
import { ServerConnection, type ServerConnectionOptions } from "../http1/server-connection.ts";
import { decodedPath } from "../http1/target.ts";
import { FnError } from "../model/errors.ts";
import type { Store } from "../store/store.ts";
import type { Access } from "./auth/access.ts";
import { type CorsAnswer, type CorsSettings, corsOf } from "./cors.ts";
import { Connections } from "./draining.ts";
import { valuesOf } from "./fields.ts";
import { apiOf, Invoker, type InvokerOptions, isInvocation, pathNotFound } from "./invoke.ts";
import type { Management } from "./management.ts";
import type { Metrics } from "./metrics.ts";
import { Operations } from "./operations.ts";
import { Prewarm } from "./prewarm.ts";
import { refusalOf, refuse } from "./refusal.ts";

/** Each takes some KiB and a file descriptor; further ones are closed as they come. */
const CONNECTIONS_MAX = 16_384;

/** Sections 1.2 and 6.1 of the API reference: `full` does everything, `api` runs nothing, `runner` manages nothing. */
export type NodeType = "full" | "api" | "runner";

export type NodeOptions = HttpOptions & (CallingNode | ApiNode);

interface CallingNode {
  readonly type: Exclude<NodeType, "api">;
  readonly agent: Pick<Agent, "submit" | "prewarm">;
}

interface ApiNode {
  readonly type: "api";
  readonly agent?: undefined;
}

interface HttpOptions extends Omit<InvokerOptions, "agent" | "queue" | "isDraining" | "authorize"> {
  readonly access: Pick<Access, "authorize" | "authorizeCall">;
  /** Pages of which origins may use the node; none of other origins than its own, if absent. */
  readonly cors?: CorsSettings;
  readonly store: Store;
  readonly management: Pick<Management, "handle" | "drain">;
  readonly metrics: Metrics;
  /** Undefined for all interfaces. */
  readonly host: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
}

/**
 * A node's HTTP face: calls under `/r/`, `/t/` and `/invoke/`, `/metrics`, `/health/` and `/1/node/prewarm`, and everything
 * else is management.
 *
 * Calls take a way of their own through `http1/`, which is stricter and costs them less than Node's server. The first other
 * request on a connection hands it to that server, which closes it behind its answer.
 */
export class HttpNode {
  readonly #options: NodeOptions;
  /** Neither is there on a node that runs nothing. */
  readonly #invoker: Invoker | undefined;
  readonly #prewarm: Prewarm | undefined;
  readonly #operations: Operations;
  readonly #server: Server;
  readonly #managementServer: HttpServer;
  readonly #connections = new Connections();
  readonly #sockets = new Set<Socket>();
  #isDraining = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    const isDraining = () => this.#isDraining;
    const { access, store, metrics, fns } = options;
    const authorize = (head: RequestHead) => access.authorizeCall(head);
    this.#operations = new Operations({ access, store, metrics, isDraining });
    if (options.agent) {
      const { agent } = options;
      const onWarmed = (outcome: PrewarmOutcome) => metrics.prewarmEnded(outcome);
      this.#invoker = new Invoker({ ...options, agent, queue: store.queue, isDraining, authorize });
      this.#prewarm = new Prewarm({ agent, fns, onWarmed, isDraining, authorize });
    }
    this.#managementServer = createHttpServer((request, response) => this.#manage(request, response));
    const connectionOptions: ServerConnectionOptions = {
      clock: options.clock,
      date: createDateField(options.clock),
      onRequest: (exchange, connection) => this.#handle(exchange, connection),
      refusal: (error) => refusalOf(requestErrorOf(error), "v1", this.#isDraining),
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
    this.#options.management.drain();
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
    // Without the setting a call does not even look for an Origin.
    const cors = this.#options.cors && this.#corsOf(head.method, valuesOf(head.fields, "origin"), head.host);
    if (cors) exchange.addedFields = cors.fields;
    if (cors?.status !== undefined) exchange.answer(cors.status, [], NOTHING);
    else if (isInvocation(head.target)) this.#invoke(exchange);
    else if (this.#operations.serves(head)) void this.#operations.handle(exchange, connection.peer);
    else if (this.#prewarm?.serves(head)) void this.#prewarm.handle(exchange);
    else if (this.#isManagedElsewhere(head)) this.#refuse(exchange, new FnError("api_unsupported"));
    else if (!isManageable(head)) this.#refuse(exchange, notManaged(head));
    else this.#managementServer.emit("connection", connection.release());
  }

  #invoke(exchange: Exchange): void {
    if (this.#invoker) void this.#invoker.handle(exchange);
    else this.#refuse(exchange, new FnError("invoke_unsupported"));
  }

  #isManagedElsewhere({ target }: RequestHead): boolean {
    return this.#options.type === "runner" && /^\/v[12]\//.test(decodedPath(target) ?? target);
  }

  #refuse(exchange: Exchange, error: FnError): void {
    refuse(exchange, error, apiOf(exchange.head.target), this.#isDraining);
  }

  /** Several origins are none that is listed. */
  #corsOf(method: string, origins: readonly string[], host: string): CorsAnswer | undefined {
    const { cors } = this.#options;
    return cors && corsOf(cors, { method, origin: origins.length > 0 ? origins.join() : undefined, host });
  }

  #manage(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader("Connection", "close");
    const { method = "", headersDistinct } = request;
    const { origin = [], host: [host = ""] = [] } = headersDistinct;
    // What a page may not have was refused before it came here.
    const { fields = [] } = this.#corsOf(method, origin, host) ?? {};
    for (let i = 0; i < fields.length; i += 2) response.setHeader(fields[i] ?? "", fields[i + 1] ?? "");
    const [name = "", value = ""] = DRAINING_FIELDS;
    if (this.#isDraining) response.setHeader(name, value);
    response.once("finish", () => {
      if (changesFns(request) && response.statusCode < 400) this.#options.fns.clear();
    });
    this.#options.management.handle(request, response);
  }
}

/**
 * Whether a request may change an app, a function or a trigger. What is refused changes nothing; if the store says that it has
 * failed and did it after all, its counter tells.
 */
function changesFns({ method, url = "" }: IncomingMessage): boolean {
  return method !== "GET" && !url.startsWith("/v1/runner/") && !url.startsWith("/1/");
}

const NOTHING = Buffer.alloc(0);

/** Node's server breaks off what has a method it does not know, and has no answer to a CONNECT. */
function isManageable({ method }: RequestHead): boolean {
  return method !== "CONNECT" && METHODS.includes(method);
}

function notManaged({ method, target }: RequestHead): FnError {
  return pathNotFound(method, decodedPath(target) ?? target, apiOf(target));
}
