/**
 * `hotfn/kit`: what the module of a function is written with. A module exports its handler; `fn-kit FILE` serves it, in
 * whatever format the platform asks for. These are types only, so a function runs without this package.
 *
 *     import type { Handler } from "hotfn/kit";
 *     const handler: Handler<{ name?: string }> = (input) => ({ message: `Hello ${input.name ?? "World"}` });
 *     export default handler;
 *
 * or, with the web's own request and response, which stream both ways:
 *
 *     export default { fetch: (request) => new Response(request.body) } satisfies FetchModule;
 */

/**
 * A function as Fn's own kit has it. What it gives back is the answer's body: turned into JSON, unless the content type is
 * set to another; then texts, bytes and streams are written as they are. A `Response` is an answer as a whole.
 */
export type Handler<Input = unknown> = (input: Input, context: Context) => unknown;

/** A function in the web's own words. Export it as `fetch`, or as a member of the default export. */
export type FetchHandler = (request: Request, context: Context) => Response | Promise<Response>;

/** The default export of a module with a `FetchHandler`. */
export interface FetchModule {
  readonly fetch: FetchHandler;
}

/**
 * What a module exports as `inputMode` to say what its `Handler` gets: parsed JSON, or the text when it is none (`json`,
 * unless told); the text (`string`); the bytes (`buffer`); or the bytes as they arrive (`stream`, an `AsyncIterable`).
 */
export type InputMode = "json" | "string" | "buffer" | "stream";

/** The call that a handler answers, by the names that Fn's own kit has for it. */
export interface Context {
  readonly callID: string;
  /** When the call is over. */
  readonly deadline: Date | undefined;
  readonly appName: string | undefined;
  readonly appID: string | undefined;
  readonly fnName: string | undefined;
  readonly fnID: string | undefined;
  /** Of a container, in MiB. */
  readonly memory: number;
  /** The environment, which holds the configuration of the app and of the function. */
  readonly config: Readonly<Record<string, string | undefined>>;
  /** Of the body of the call. */
  readonly contentType: string | undefined;
  /** Of the caller's request, by their names in canonical form: `Content-Type`. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** The first value; names are compared without case. */
  getHeader(name: string): string | null;
  getAllHeaderValues(name: string): readonly string[];
  /** `application/json` unless set. */
  responseContentType: string;
  setResponseHeader(name: string, ...values: readonly string[]): void;
  addResponseHeader(name: string, ...values: readonly string[]): void;
  readonly httpGateway: HttpGateway;
}

/** The HTTP request behind a call that came by a path, and the HTTP answer to it. */
export interface HttpGateway {
  /** Absolute, query included; null when the function was called by its id. */
  readonly requestURL: string | null;
  /** Null when the function was called by its id. */
  readonly method: string | null;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  getHeader(name: string): string | null;
  getAllHeaderValues(name: string): readonly string[];
  /** HTTP status of the answer; 200 unless set. */
  statusCode: number;
  setResponseHeader(name: string, ...values: readonly string[]): void;
  addResponseHeader(name: string, ...values: readonly string[]): void;
}
