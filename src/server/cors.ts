import { isToken } from "../http1/fields.ts";

/** Which pages may use a node from within a browser: those of these origins. */
export interface CorsSettings {
  /** `*`: of all. */
  readonly origins: ReadonlySet<string> | "*";
  /** Fields that their requests may have. */
  readonly headers: readonly string[];
}

export interface CorsRequest {
  readonly method: string;
  /** The Origin field; undefined when there is none. */
  readonly origin: string | undefined;
  /** Where the request went, as the Host field says. */
  readonly host: string;
}

export interface CorsAnswer {
  /** The request is answered with this and no body; undefined: it goes its way. */
  readonly status: number | undefined;
  /** Names and values in turn, for whatever is answered. */
  readonly fields: readonly string[];
}

/** What pages send, and what callers of functions, unless the settings say it. */
export const CORS_HEADERS: readonly string[] = [
  "Authorization",
  "Content-Length",
  "Content-Type",
  "Fn-Delay",
  "Fn-Invoke-Type",
  "Fn-Priority",
  "Fn-Show-Timeline",
  "Idempotency-Key",
  "Origin",
];

/** All that a page may send; CONNECT and TRACE are forbidden to it. */
const METHODS = "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS";

/** How long a browser need not ask again, in seconds: half a day, as Fn says. */
const MAX_AGE_S = 43_200;

/**
 * What comes of the origin of a request; undefined: nothing, since no page asks, or one of the node's own. A request of a
 * page of another origin is refused, and any OPTIONS of a page is the browser's question whether it may go on, whose answer
 * no function gives. Source: section 6.3 of the API reference.
 */
export function corsOf({ origins, headers }: CorsSettings, request: CorsRequest): CorsAnswer | undefined {
  const { method, origin, host } = request;
  if (origin === undefined || origin === `http://${host}` || origin === `https://${host}`) return undefined;
  if (origins !== "*" && !origins.has(origin)) return { status: 403, fields: VARY };
  const fields = ["Access-Control-Allow-Origin", origins === "*" ? "*" : origin, ...VARY];
  if (method !== "OPTIONS") return { status: undefined, fields };
  return {
    status: 200,
    fields: [
      ...fields,
      "Access-Control-Allow-Methods",
      METHODS,
      "Access-Control-Allow-Headers",
      headers.join(","),
      "Access-Control-Max-Age",
      String(MAX_AGE_S),
    ],
  };
}

/** Origins with commas between them, or `*`. Throws an `Error` with a sentence. */
export function parseCorsOrigins(text: string): CorsSettings["origins"] {
  const origins = splitList(text);
  if (origins.includes("*")) {
    if (origins.length === 1) return "*";
    throw new Error("* is all origins: give it alone, or the origins alone.");
  }
  return new Set(origins.map(readOrigin));
}

/** Names of fields with commas between them. Throws an `Error` with a sentence. */
export function parseCorsHeaders(text: string): readonly string[] {
  const names = splitList(text);
  const odd = names.find((name) => !isToken(name));
  if (odd !== undefined) throw new Error(`'${odd}' is no name of a header field.`);
  return names;
}

/** As browsers write it: RFC 6454 section 6.2. */
function readOrigin(text: string): string {
  const url = URL.parse(text);
  const isOrigin = url !== null && /^https?:\/\/[^/?#@]+$/i.test(text) && url.origin !== "null";
  if (!isOrigin)
    throw new Error(`'${text}' is no origin. Give http:// or https:// and a host, and perhaps a port.`);
  return url.origin;
}

function splitList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** An answer with these fields is not for pages of other origins, whatever keeps it. */
const VARY = ["Vary", "Origin"];
