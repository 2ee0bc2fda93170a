import type { IncomingMessage, ServerResponse } from "node:http";
import { FnError } from "../../model/errors.ts";
import { isJsonObject, toJson } from "../../model/json.ts";
import { isLoopback } from "../forward/fields.ts";
import type { Members } from "../nodes/members.ts";
import type { Stats } from "./stats.ts";

/** A request to the management holds one name; this allows for much white space. */
const BODY_BYTES_MAX = 64 * 1024;

/** The dashboard needs nothing from elsewhere, so the browser may refuse it all. */
const DASHBOARD_POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'";

interface AdminOptions {
  readonly members: Members;
  readonly stats: Stats;
  /** The page of `/1/lb/dash`. */
  readonly dashboard: string;
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly fields: Readonly<Record<string, string>>;
}

type Command = (request: IncomingMessage) => Reply | Promise<Reply>;

/** The management of the balancer, under exact paths and for this machine only: nothing else vouches for the caller. */
export class Admin {
  readonly #members: Members;
  readonly #stats: Stats;
  readonly #dashboard: string;
  readonly #commands: Readonly<Record<string, Readonly<Record<string, Command>>>> = {
    "/1/lb/nodes": {
      GET: () => this.#listNodes(),
      PUT: async (request) => {
        this.#members.add(await nodeNamedBy(request));
        return json(200, { msg: "node added" });
      },
      DELETE: async (request) => {
        this.#members.remove(await nodeNamedBy(request));
        return json(200, { msg: "node deleted" });
      },
    },
    "/1/lb/stats": { GET: () => json(200, { stats: this.#stats.points() }) },
    "/1/lb/dash": { GET: () => this.#showDashboard() },
  };

  constructor(options: AdminOptions) {
    this.#members = options.members;
    this.#stats = options.stats;
    this.#dashboard = options.dashboard;
  }

  /** True when the path, without its query, is one of the management's. */
  serves(path: string): boolean {
    return Object.hasOwn(this.#commands, path);
  }

  /** Answers a request from `peer`, the address at the other end. */
  async handle(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    peer: string,
  ): Promise<void> {
    const reply = await this.#reply(path, request, peer).catch(toReply);
    response.writeHead(reply.status, { ...reply.fields, "Content-Length": Buffer.byteLength(reply.body) });
    response.end(reply.body);
  }

  async #reply(path: string, request: IncomingMessage, peer: string): Promise<Reply> {
    if (!isLoopback(peer)) {
      return json(403, { msg: "the balancer is managed from its own machine only: connect over loopback" });
    }
    if (!this.serves(path)) return json(404, { msg: "unknown command" });

    const commands = this.#commands[path] ?? {};
    const method = request.method === "HEAD" ? "GET" : (request.method ?? "");
    const command = Object.hasOwn(commands, method) ? commands[method] : undefined;
    if (command !== undefined) return command(request);

    const allowed = Object.keys(commands).join(", ").replace("GET", "GET, HEAD");
    return json(405, { msg: `method not allowed; allowed are ${allowed}` }, { Allow: allowed });
  }

  /** `online` is healthy; a node that failed its checks, or has not had one yet, is `offline`. */
  #listNodes(): Reply {
    const states = [...this.#members.states()];
    const nodes = states.map(([node, state]) => [node, state === "healthy" ? "online" : "offline"]);
    return json(200, { nodes: Object.fromEntries(nodes) });
  }

  #showDashboard(): Reply {
    const fields = {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": DASHBOARD_POLICY,
      "Cache-Control": "no-cache",
    };
    return { status: 200, body: this.#dashboard, fields };
  }
}

function json(status: number, body: unknown, fields: Readonly<Record<string, string>> = {}): Reply {
  return { status, body: `${toJson(body)}\n`, fields: { "Content-Type": "application/json", ...fields } };
}

function toReply(error: unknown): Reply {
  if (error instanceof FnError) return json(error.status, { msg: error.message });
  throw error;
}

/** The name in `{"node":"host:port"}`. Throws `invalid_json`, `node_missing` and `body_too_large`. */
async function nodeNamedBy(request: IncomingMessage): Promise<string> {
  const text = await readText(request);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new FnError("invalid_json");
  }
  if (!isJsonObject(body) || typeof body.node !== "string") throw new FnError("node_missing");
  return body.node;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Left open when it is too long: the answer has to go out on the same connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) {
      request.resume();
      throw new FnError("body_too_large", { length: bytes, max: BODY_BYTES_MAX });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
