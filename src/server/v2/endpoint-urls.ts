import type { FastifyRequest } from "fastify";
import type { Annotations } from "../../model/annotations.ts";

/** Where callers reach what is shown to them. */
export type BaseUrlOf = (request: FastifyRequest) => string;

/** `publicUrl` for all; without one, the address that the caller used. */
export function createBaseUrl(publicUrl: string | undefined): BaseUrlOf {
  const fixed = publicUrl?.replace(/\/+$/, "");
  return ({ host }) => fixed ?? `http://${host}`;
}

/** Annotations that are made when they are shown, and never stored. */
const INVOKE_ENDPOINT = "fnproject.io/fn/invokeEndpoint";
const HTTP_ENDPOINT = "fnproject.io/trigger/httpEndpoint";

/** With the URL that calls the fn. */
export function withInvokeEndpoint(annotations: Annotations, baseUrl: string, fnId: string): Annotations {
  return { ...annotations, [INVOKE_ENDPOINT]: `${baseUrl}/invoke/${fnId}` };
}

/** With the URL that calls through the trigger. */
export function withHttpEndpoint(
  annotations: Annotations,
  baseUrl: string,
  appName: string,
  source: string,
): Annotations {
  return { ...annotations, [HTTP_ENDPOINT]: `${baseUrl}/t/${encodePath(appName + source)}` };
}

/** Without what is made for show: clients send back what they were shown. */
export function withoutEndpoints(annotations: Annotations | undefined): Annotations | undefined {
  if (!annotations) return undefined;
  const { [INVOKE_ENDPOINT]: _, [HTTP_ENDPOINT]: __, ...own } = annotations;
  return own;
}

/** A path as it stands in a URL, such that reading it gives it back: `?` and `#` would end it. */
function encodePath(path: string): string {
  return encodeURI(path).replace(/[?#]/g, encodeURIComponent);
}
