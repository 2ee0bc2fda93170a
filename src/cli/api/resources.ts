import type { Config } from "../../model/app.ts";
import { isJsonObject } from "../../model/json.ts";

/*
 * What the server's answers contain, in the names of the wire. Only what commands rely on is named and checked; the
 * rest is passed through as it came.
 */

export interface AppResource extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly config?: Config;
}

export interface RouteResource extends Readonly<Record<string, unknown>> {
  readonly path: string;
  readonly image: string;
  readonly config?: Config;
}

export interface CallResource extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly app_name: string;
  readonly path: string;
  readonly status: string;
  /** Times are RFC 3339. */
  readonly created_at?: string;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly error?: string;
}

/** What a caller sets of a route; absent fields are left to the server, or as they are. */
export interface RouteChange {
  readonly path?: string;
  readonly image?: string;
  readonly type?: string;
  readonly format?: string;
  /** MiB. */
  readonly memory?: number;
  /** `0.5` or `500m`. */
  readonly cpus?: string;
  /** Seconds. */
  readonly timeout?: number;
  /** Seconds. */
  readonly idle_timeout?: number;
  readonly config?: Config;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
}

export function isApp(value: unknown): value is AppResource {
  return isJsonObject(value) && isText(value.name) && isOptionalConfig(value.config);
}

export function isRoute(value: unknown): value is RouteResource {
  return isJsonObject(value) && isText(value.path) && isText(value.image) && isOptionalConfig(value.config);
}

export function isCall(value: unknown): value is CallResource {
  return (
    isJsonObject(value) &&
    [value.id, value.app_name, value.path, value.status].every(isText) &&
    [value.created_at, value.started_at, value.completed_at, value.error].every(isOptionalText)
  );
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || isText(value);
}

function isOptionalConfig(value: unknown): boolean {
  return value === undefined || (isJsonObject(value) && Object.values(value).every(isText));
}
