import type { Config } from "../../model/app.ts";
import { isJsonObject } from "../../model/json.ts";
import { CommandError } from "../common/io.ts";
import {
  type AppResource,
  type CallResource,
  isApp,
  isCall,
  isRoute,
  isText,
  type RouteChange,
  type RouteResource,
} from "./resources.ts";
import { type Query, segmentsOf, urlBelow } from "./server-url.ts";

/** Which part of a list is wanted. */
export interface PageRequest {
  /** At most this many, over as many requests as it takes. */
  readonly limit: number;
  /** Where an earlier list stopped. */
  readonly cursor?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Where to go on; undefined when this is the end. */
  readonly nextCursor: string | undefined;
}

export interface CallQuery extends PageRequest {
  readonly path?: string | undefined;
  /** Only calls created later, in Unix seconds. */
  readonly fromS?: number | undefined;
  /** Only calls created earlier, in Unix seconds. */
  readonly toS?: number | undefined;
}

/** Most items that a server gives at once. */
const PAGE_ITEMS_MAX = 100;

/** How much of an answer that is no JSON is shown. */
const EXCERPT_LENGTH_MAX = 200;

/**
 * The management API of a server, `/v1`. Every method fails with `CommandError`: when the server refuses, with its
 * own message and hint; when nobody answers; when the answer is not one of that API.
 */
export class ApiClient {
  /** Ends with a slash. */
  readonly server: URL;
  readonly #token: string | undefined;

  constructor(server: URL, token?: string) {
    this.server = server;
    this.#token = token;
  }

  async createApp(name: string, config: Config): Promise<void> {
    await this.#send("POST", ["v1", "apps"], { app: { name, config } });
  }

  listApps(page: PageRequest): Promise<Page<AppResource>> {
    return this.#list(["v1", "apps"], "apps", isApp, page);
  }

  async getApp(name: string): Promise<AppResource> {
    return pick(await this.#get(["v1", "apps", name]), "app", isApp);
  }

  /** Merges: a text sets its key, an empty text removes it. */
  async updateApp(name: string, config: Config): Promise<void> {
    await this.#send("PATCH", ["v1", "apps", name], { app: { config } });
  }

  async deleteApp(name: string): Promise<void> {
    await this.#send("DELETE", ["v1", "apps", name]);
  }

  async createRoute(app: string, route: RouteChange): Promise<void> {
    await this.#send("POST", ["v1", "apps", app, "routes"], { route });
  }

  listRoutes(app: string, page: PageRequest): Promise<Page<RouteResource>> {
    return this.#list(["v1", "apps", app, "routes"], "routes", isRoute, page);
  }

  async getRoute(app: string, path: string): Promise<RouteResource> {
    const [segment, ...more] = segmentsOf(path);
    // GET reaches only paths of one segment: for `/` it is the list, for `/a/b` the Fn server has no handler.
    if (segment === undefined || more.length > 0) return this.#findRoute(app, path);
    return pick(await this.#get(["v1", "apps", app, "routes", segment]), "route", isRoute);
  }

  /** Merges: fields that are absent, empty or zero stay as they are. */
  async updateRoute(app: string, path: string, route: RouteChange): Promise<void> {
    await this.#send("PATCH", routeSegments(app, path), { route });
  }

  async deleteRoute(app: string, path: string): Promise<void> {
    await this.#send("DELETE", routeSegments(app, path));
  }

  listCalls(app: string, query: CallQuery): Promise<Page<CallResource>> {
    return this.#list(["v1", "apps", app, "calls"], "calls", isCall, query, {
      path: query.path,
      from_time: query.fromS?.toString(),
      to_time: query.toS?.toString(),
    });
  }

  async getCall(app: string, callId: string): Promise<CallResource> {
    return pick(await this.#get(["v1", "apps", app, "calls", callId]), "call", isCall);
  }

  /** What the function wrote to stderr during the call. */
  async getLog(app: string, callId: string): Promise<string> {
    const wrapper = await this.#get(["v1", "apps", app, "calls", callId, "log"]);
    return pick(pick(wrapper, "log", isJsonObject), "log", isText);
  }

  async getServerVersion(): Promise<string> {
    return pick(await this.#get(["version"]), "version", isText);
  }

  /** What identifies the caller; functions are called with it, too. */
  authorization(): Record<string, string> {
    return this.#token ? { Authorization: `Bearer ${this.#token}` } : {};
  }

  async #findRoute(app: string, path: string): Promise<RouteResource> {
    const { items } = await this.listRoutes(app, { limit: Number.POSITIVE_INFINITY });
    const route = items.find((candidate) => candidate.path === path);
    if (route) return route;
    throw new CommandError("Route not found");
  }

  async #list<T>(
    segments: readonly string[],
    name: string,
    isItem: (value: unknown) => value is T,
    request: PageRequest,
    filter: Query = {},
  ): Promise<Page<T>> {
    const items: T[] = [];
    let cursor = request.cursor;
    while (items.length < request.limit) {
      const perPage = Math.min(request.limit - items.length, PAGE_ITEMS_MAX);
      const body = await this.#get(segments, { ...filter, cursor, per_page: String(perPage) });
      const page = pick(body, name, (value) => isArrayOf(value, isItem));
      items.push(...page);
      cursor = typeof body.next_cursor === "string" && body.next_cursor !== "" ? body.next_cursor : undefined;
      // An empty page ends the list whatever the cursor says, so no server can keep this going for ever.
      if (cursor === undefined || page.length === 0) return { items, nextCursor: undefined };
    }
    return { items, nextCursor: cursor };
  }

  #get(segments: readonly string[], query?: Query): Promise<Record<string, unknown>> {
    return this.#request("GET", urlBelow(this.server, segments, query));
  }

  #send(method: string, segments: readonly string[], body?: unknown): Promise<Record<string, unknown>> {
    return this.#request(method, urlBelow(this.server, segments), body);
  }

  async #request(method: string, url: URL, body?: unknown): Promise<Record<string, unknown>> {
    const { status, ok, text } = await exchange(url, {
      method,
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...this.authorization(),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw unreachable(this.server, error);
    });
    if (!ok) throw refusal(status, text);
    const answer = parseObject(text);
    if (answer) return answer;
    throw new CommandError(`${url} answers with something that is not Fn's API: ${excerpt(text)}`);
  }
}

/** The whole of an answer, so that one that breaks off is as good as none. */
async function exchange(url: URL, init: RequestInit) {
  const response = await fetch(url, init);
  return { status: response.status, ok: response.ok, text: await response.text() };
}

/** What to say when no connection came about, or it broke off. */
export function unreachable(server: URL, error: unknown): CommandError {
  const problem = `Cannot reach the server at ${shown(server)} (${reasonOf(error)})`;
  return new CommandError(`${problem}: start it, or set FN_API_URL to the address of one that runs`);
}

/** A slash at the end is a matter of resolving paths, not of the address. User and password are nobody's business. */
function shown(server: URL): string {
  return `${server.origin}${server.pathname}`.replace(/\/$/, "");
}

/** `fetch` hides the reason in the cause, and with several addresses tried one level further down. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  return "code" in inner && typeof inner.code === "string" ? inner.code : inner.message;
}

/** The server's message: in an envelope from `/v1`, flat from `/v2`, none from whatever else stands in the way. */
function refusal(status: number, text: string): CommandError {
  const body = parseObject(text);
  const error = isJsonObject(body?.error) ? body.error : body;
  if (!isText(error?.message) || error.message === "") {
    return new CommandError(`the server answers with status ${status} ${excerpt(text)}`.trimEnd());
  }
  return new CommandError(isText(error.fields) ? `${error.message} (${error.fields})` : error.message);
}

function routeSegments(app: string, path: string): string[] {
  const segments = segmentsOf(path);
  // The route `/` is the empty segment: `…/routes/`.
  return ["v1", "apps", app, "routes", ...(segments.length === 0 ? [""] : segments)];
}

function pick<T>(body: Record<string, unknown>, name: string, isWanted: (value: unknown) => value is T): T {
  const value = body[name];
  if (isWanted(value)) return value;
  throw new CommandError(`the server's answer has no proper '${name}': ${excerpt(JSON.stringify(body))}`);
}

function isArrayOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > EXCERPT_LENGTH_MAX ? `${line.slice(0, EXCERPT_LENGTH_MAX)}…` : line;
}
