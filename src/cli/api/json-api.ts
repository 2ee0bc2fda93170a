import { text } from "node:stream/consumers";
import { isJsonObject } from "../../model/json.ts";
import { CommandError, RefusedError } from "../common/io.ts";
import { isText } from "./resources.ts";
import { send, unreachable } from "./send.ts";
import { type Query, urlBelow } from "./server-url.ts";

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

export const EVERYTHING: PageRequest = { limit: Number.POSITIVE_INFINITY };

/** What a list is asked for: under which name its items come, and how each is known for one. */
export interface ListOf<T> {
  readonly name: string;
  readonly isItem: (value: unknown) => value is T;
}

/** Most items that a server gives at once. */
const PAGE_ITEMS_MAX = 100;

/** How much of an answer that is no JSON is shown. */
const EXCERPT_LENGTH_MAX = 200;

type JsonObject = Record<string, unknown>;

/**
 * Requests and answers in JSON. Every method fails with `CommandError`: when the server refuses, with its own message
 * and hint; when nobody answers; when the answer is not one of that API.
 */
export class JsonApi {
  /** Ends with a slash. */
  readonly server: URL;
  readonly #token: string | undefined;
  readonly #note: (line: string) => void;

  /** `note` is told of each request and its answer. */
  constructor(server: URL, token: string | undefined, note: (line: string) => void) {
    this.server = server;
    this.#token = token;
    this.#note = note;
  }

  /** What identifies the caller; functions are called with it, too. */
  authorization(): Record<string, string> {
    return this.#token ? { Authorization: `Bearer ${this.#token}` } : {};
  }

  get(segments: readonly string[], query?: Query): Promise<JsonObject> {
    return this.#request("GET", urlBelow(this.server, segments, query));
  }

  send(method: string, segments: readonly string[], body?: unknown, query?: Query): Promise<JsonObject> {
    return this.#request(method, urlBelow(this.server, segments, query), body);
  }

  async list<T>(
    segments: readonly string[],
    { name, isItem }: ListOf<T>,
    request: PageRequest,
    filter: Query = {},
  ): Promise<Page<T>> {
    const items: T[] = [];
    let cursor = request.cursor;
    while (items.length < request.limit) {
      const perPage = Math.min(request.limit - items.length, PAGE_ITEMS_MAX);
      const body = await this.get(segments, { ...filter, cursor, per_page: String(perPage) });
      const page = pick(body, name, (value) => isArrayOf(value, isItem));
      items.push(...page);
      cursor = isText(body.next_cursor) && body.next_cursor !== "" ? body.next_cursor : undefined;
      // An empty page ends the list whatever the cursor says, so no server can keep this going for ever.
      if (cursor === undefined || page.length === 0) return { items, nextCursor: undefined };
    }
    return { items, nextCursor: cursor };
  }

  async #request(method: string, url: URL, body?: unknown): Promise<JsonObject> {
    const headers = {
      Accept: "application/json",
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...this.authorization(),
    };
    const answer = await send(this.server, {
      url,
      method,
      headers: Object.entries(headers),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const { status } = answer;
    // The whole of it, so that one that breaks off is as good as none.
    const said = await text(answer.body).catch((error: unknown) => {
      throw unreachable(this.server, error);
    });
    this.#note(`${method} ${url} ${status}`);
    if (status < 200 || status > 299) throw refusal(status, said);
    // 204 has no body (RFC 9110, section 15.3.5).
    const parsed = status === 204 ? {} : parseObject(said);
    if (parsed) return parsed;
    throw new CommandError(`${url} answers with something that is not Fn's API: ${excerpt(said)}`);
  }
}

/** A field of an answer. Errors: `CommandError` when it is not what is wanted. */
export function pick<T>(body: JsonObject, name: string, isWanted: (value: unknown) => value is T): T {
  const value = body[name];
  if (isWanted(value)) return value;
  throw new CommandError(`the server's answer has no proper '${name}': ${excerpt(JSON.stringify(body))}`);
}

/** A whole answer that is the thing itself. Errors: `CommandError` when it is something else. */
export function check<T>(body: JsonObject, what: string, isWanted: (value: unknown) => value is T): T {
  const value: unknown = body;
  if (isWanted(value)) return value;
  throw new CommandError(`the server's answer is no proper ${what}: ${excerpt(JSON.stringify(body))}`);
}

/** The server's message: in an envelope from `/v1`, flat from `/v2`, as `msg` from a balancer, none from others. */
export function refusal(status: number, text: string): RefusedError {
  const body = parseObject(text);
  const error = isJsonObject(body?.error) ? body.error : body;
  const message = [error?.message, error?.msg].filter(isText).find((each) => each !== "");
  const said = message ?? `the server answers with status ${status} ${excerpt(text)}`.trimEnd();
  const hints = [isText(error?.fields) ? error.fields : "", status === 401 ? TOKEN_HINT : ""].filter(Boolean);
  return new RefusedError(hints.length === 0 ? said : `${said} (${hints.join("; ")})`, status);
}

/** Whether a server said that there is no such thing, or no such path. */
export function isNotFound(error: unknown): boolean {
  return error instanceof RefusedError && error.status === 404;
}

const TOKEN_HINT = "set FN_TOKEN, or the context's token: fn update context token TOKEN";

function isArrayOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem);
}

/** Undefined for a text that is no JSON object. */
export function parseObject(text: string): JsonObject | undefined {
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
