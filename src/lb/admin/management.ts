import type { Logger } from "pino";
import type { Clock } from "../../clock/clock.ts";
import type { Ids } from "../../clock/ids.ts";
import type { Exchange } from "../../http1/exchange.ts";
import { pathOf } from "../../http1/target.ts";
import { FnError } from "../../model/errors.ts";
import { Access, type AccessOptions } from "./access.ts";
import { type Command, json, type Reply } from "./command.ts";
import { Events } from "./events.ts";
import type { Figures } from "./figures.ts";
import { nodeCommands, nodeDetails } from "./node-commands.ts";
import { type Homes, Prewarm, type WarmNode } from "./prewarm.ts";
import { isOnline, type NodeRegistry } from "./registry.ts";

/** The page needs nothing from elsewhere, so the browser may refuse it all. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'";

export interface ManagementOptions {
  readonly nodes: NodeRegistry;
  readonly figures: Figures;
  readonly homes: Homes;
  readonly warm: WarmNode;
  readonly access: AccessOptions;
  /** The page of `/1/lb/dash`. */
  readonly dashboard: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}

/**
 * The management of the balancer, under exact paths. Who may use it says `Access`; two paths are for everybody: the page,
 * which holds nothing but itself, and whether the balancer takes requests, which others must know to send them.
 */
export class Management {
  readonly #options: ManagementOptions;
  readonly #access: Access;
  readonly #events: Events;
  /** By path, and then by method. */
  readonly #commands: ReadonlyMap<string, Readonly<Record<string, Command>>>;
  #isStopping = false;

  constructor(options: ManagementOptions) {
    const { nodes, figures } = options;
    this.#options = options;
    this.#access = new Access(options.access);
    this.#events = new Events({ ...options, nodes: () => nodeDetails(nodes) });
    const prewarm = new Prewarm(options);
    const commands: Readonly<Record<string, Readonly<Record<string, Command>>>> = {
      "/1/lb/nodes": nodeCommands(nodes, prewarm),
      "/1/lb/prewarm": { POST: (input) => prewarm.command(input) },
      "/1/lb/stats": {
        GET: async () => json(200, { stats: await figures.points() }, ["Cache-Control", "no-store"]),
      },
      "/metrics": {
        GET: async () => ({
          status: 200,
          fields: ["Content-Type", figures.contentType],
          body: await figures.metricsText(),
        }),
      },
      [EVENTS]: {
        GET: () => {
          throw new Error("events are followed, and not replied");
        },
      },
      [PAGE]: { GET: () => this.#page() },
      [READY]: { GET: () => this.#readiness() },
    };
    this.#commands = new Map(Object.entries(commands));
  }

  /** Readers of events, for the metrics. */
  get eventReaders(): number {
    return this.#events.readers;
  }

  /** Whether a path is the management's. */
  serves(path: string): boolean {
    return this.#commands.has(path);
  }

  /** Answers a request from `peer`, the address at the other end. Never rejects. */
  async handle(exchange: Exchange, peer: string): Promise<void> {
    try {
      const path = pathOf(exchange.head.target);
      if (!FOR_EVERYBODY.has(path)) this.#access.check(exchange.head.fields, peer);
      const command = this.#commandFor(path, exchange.head.method);
      if (typeof command !== "function") send(exchange, command);
      else if (path === EVENTS) await this.#events.follow(exchange);
      else send(exchange, await command({ query: queryOf(exchange.head.target), body: exchange.body }));
    } catch (error) {
      if (!exchange.isOver) send(exchange, this.#errorReply(error));
    }
  }

  /** From now on the balancer says that it takes nothing new; answers that would go on for ever end. */
  stop(): void {
    this.#isStopping = true;
    this.#events.stop();
  }

  #commandFor(path: string, method: string): Command | Reply {
    const commands = this.#commands.get(path);
    if (!commands) return json(404, { msg: "unknown command" });
    const name = method === "HEAD" ? "GET" : method;
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command) return command;
    const allowed = Object.keys(commands).join(", ").replace("GET", "GET, HEAD");
    return json(405, { msg: `method not allowed; allowed are ${allowed}` }, ["Allow", allowed]);
  }

  #page(): Reply {
    const type = ["Content-Type", "text/html; charset=utf-8", "Cache-Control", "no-cache"];
    const fields = [...type, "Content-Security-Policy", PAGE_POLICY, "X-Content-Type-Options", "nosniff"];
    return { status: 200, fields, body: this.#options.dashboard };
  }

  /** For whoever sends requests here: 200 with a node to take them, 503 without, or while the balancer stops. */
  #readiness(): Reply {
    const online = this.#options.nodes.list().filter(isOnline).length;
    const state = this.#isStopping ? "stopping" : online === 0 ? "no node" : "ready";
    return json(state === "ready" ? 200 : 503, { state, nodes: online }, ["Cache-Control", "no-store"]);
  }

  /** What should not happen is told to the log alone, under a number that the caller can name. */
  #errorReply(error: unknown): Reply {
    if (error instanceof FnError) {
      const fields = error.status === 401 ? ["WWW-Authenticate", 'Bearer realm="fnlb"'] : [];
      if (error.retryAfterS !== undefined) fields.push("Retry-After", String(error.retryAfterS));
      return json(error.status, { msg: error.message }, fields);
    }
    const id = this.#options.ids.next();
    this.#options.log.error({ id, err: error }, "a command of the management failed");
    return json(500, { msg: `internal error; the log has the reason under ${id}` });
  }
}

const EVENTS = "/1/lb/events";
const PAGE = "/1/lb/dash";
const READY = "/1/lb/ready";
const FOR_EVERYBODY: ReadonlySet<string> = new Set([PAGE, READY]);

function send(exchange: Exchange, { status, fields, body }: Reply): void {
  exchange.answer(status, fields, Buffer.from(body));
}

function queryOf(target: string): URLSearchParams {
  const start = target.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : target.slice(start));
}
