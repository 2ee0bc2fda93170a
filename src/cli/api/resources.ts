import type { Config } from "../../model/app.ts";
import { isJsonObject } from "../../model/json.ts";

/*
 * What the server's answers contain, and what it is sent, in the names of the wire. Only what commands rely on is named and
 * checked; the rest is passed through as it came.
 */

type Resource = Readonly<Record<string, unknown>>;

export interface AppResource extends Resource {
  readonly id: string;
  readonly name: string;
  readonly config?: Config;
}

export interface FnResource extends Resource {
  readonly id: string;
  readonly name: string;
  readonly app_id: string;
  readonly image: string;
  readonly config?: Config;
  readonly annotations?: Resource;
}

export interface TriggerResource extends Resource {
  readonly id: string;
  readonly name: string;
  readonly fn_id: string;
  readonly type: string;
  readonly source: string;
  readonly annotations?: Resource;
}

export interface RouteResource extends Resource {
  readonly path: string;
  readonly image: string;
  readonly config?: Config;
}

export interface CallResource extends Resource {
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

export interface TokenResource extends Resource {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** RFC 3339. */
  readonly created_at: string;
  /** RFC 3339; absent for one that does not expire. */
  readonly expires_at?: string;
}

export interface NewTokenResource extends TokenResource {
  readonly token: string;
}

/** A node behind a balancer: `state`, `weight`, `outstanding`, `reason` and more. */
export type NodeResource = Resource;

/** What one node did for one function in one second. */
export interface TrafficPoint extends Resource {
  readonly node: string;
  readonly func: string;
  /** Requests that ended. */
  readonly tp: number;
  /** Seconds. */
  readonly p50: number;
  /** Seconds. */
  readonly p99: number;
  /** Requests by status. */
  readonly codes: Readonly<Record<string, number>>;
}

/** Annotations by key: any JSON. */
export type Annotations = Resource;

/** What a caller sets of an app; absent fields are left to the server, or as they are. */
export interface AppChange {
  readonly config?: Config | undefined;
  readonly secrets?: Config | undefined;
  readonly annotations?: Annotations | undefined;
  /** In a change, an empty text clears it. */
  readonly syslog_url?: string | undefined;
}

/** What a caller sets of a function, whether as such or as a route. */
export interface FnSettings {
  readonly image?: string | undefined;
  readonly type?: string | undefined;
  readonly format?: string | undefined;
  /** MiB. */
  readonly memory?: number | undefined;
  /** `0.5` or `500m`. */
  readonly cpus?: string | undefined;
  /** Seconds. */
  readonly timeout?: number | undefined;
  /** Seconds. */
  readonly idle_timeout?: number | undefined;
  readonly config?: Config | undefined;
  readonly secrets?: Config | undefined;
  readonly retries?: number | undefined;
  /** Seconds. */
  readonly retry_delay?: number | undefined;
}

export interface FnChange extends FnSettings {
  readonly annotations?: Annotations | undefined;
}

export interface RouteChange extends FnSettings {
  readonly path?: string | undefined;
  readonly headers?: Readonly<Record<string, readonly string[]>> | undefined;
}

export interface TriggerChange {
  readonly type?: string | undefined;
  readonly source?: string | undefined;
  readonly annotations?: Annotations | undefined;
}

/** What a caller sets of a node behind a balancer. */
export interface NodeChange {
  readonly weight?: number | undefined;
  readonly draining?: boolean | undefined;
  /** Have its functions started before it gets requests. */
  readonly prewarm?: boolean | undefined;
}

export function isApp(value: unknown): value is AppResource {
  return isJsonObject(value) && [value.id, value.name].every(isText) && isOptionalConfig(value.config);
}

export function isFn(value: unknown): value is FnResource {
  return (
    isJsonObject(value) &&
    [value.id, value.name, value.app_id, value.image].every(isText) &&
    isOptionalConfig(value.config) &&
    isOptionalObject(value.annotations)
  );
}

export function isTrigger(value: unknown): value is TriggerResource {
  return (
    isJsonObject(value) &&
    [value.id, value.name, value.fn_id, value.type, value.source].every(isText) &&
    isOptionalObject(value.annotations)
  );
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

export function isToken(value: unknown): value is TokenResource {
  return (
    isJsonObject(value) &&
    [value.id, value.name, value.created_at].every(isText) &&
    isOptionalText(value.expires_at) &&
    Array.isArray(value.scopes) &&
    value.scopes.every(isText)
  );
}

export function isNewToken(value: unknown): value is NewTokenResource {
  return isToken(value) && isText(value.token);
}

export function isTrafficPoint(value: unknown): value is TrafficPoint {
  return (
    isJsonObject(value) &&
    [value.node, value.func].every(isText) &&
    [value.tp, value.p50, value.p99].every(isNumber) &&
    isJsonObject(value.codes) &&
    Object.values(value.codes).every(isNumber)
  );
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || isText(value);
}

function isOptionalObject(value: unknown): boolean {
  return value === undefined || isJsonObject(value);
}

function isOptionalConfig(value: unknown): boolean {
  return value === undefined || (isJsonObject(value) && Object.values(value).every(isText));
}
