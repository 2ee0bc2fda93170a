import { isDeepStrictEqual } from "node:util";
import { FnError } from "./errors.ts";
import {
  FN_DEFAULTS,
  FN_LIMITS,
  FN_TYPES,
  type Fn,
  type FnDraft,
  type FnSettings,
  FORMATS,
  fnSettings,
  isOneOf,
  isWithin,
  mergeFnSettings,
  newFnSettings,
  validateImageName,
  validateRetries,
} from "./fn.ts";
import { isPlainText } from "./names.ts";
import { SOURCE_BYTES_MAX, type Trigger, type TriggerHeaders } from "./trigger.ts";

/**
 * What /v1 calls a route: a function and the HTTP trigger of the same path, made, changed and removed together.
 * Only the pair is stored.
 */
export interface Route {
  readonly fn: Fn;
  readonly trigger: Trigger;
}

/** What a caller may choose of a route. */
export interface RouteSettings extends FnSettings {
  readonly headers: TriggerHeaders;
}

/** Settings as a caller puts them: type and format are any text until `validateRouteSettings` has seen them. */
export interface RouteDraft extends FnDraft {
  readonly headers: TriggerHeaders;
}

/** The part of the settings that a caller names; what is absent or undefined stays as it is. */
export type RouteChange = Partial<RouteDraft>;

/** The settings of a stored route. */
export function routeSettings(route: Route): RouteSettings {
  return { ...fnSettings(route.fn), headers: route.trigger.headers };
}

/** The settings of a new route: the caller's, else what the image says of itself, else `FN_DEFAULTS`. */
export function newRouteSettings(chosen: RouteChange, image: RouteChange = {}): RouteDraft {
  const settings = newFnSettings({ ...FN_DEFAULTS, image: "" }, image, chosen);
  return { ...settings, headers: mergeHeaders(image.headers ?? {}, chosen.headers) };
}

/**
 * A route after a change; the same object when that changes nothing, so that no time moves.
 * Errors: those of `validateRouteSettings`, for the settings as a whole.
 */
export function changeRoute(route: Route, change: RouteChange, nowMs: number): Route {
  const before = routeSettings(route);
  const headers = mergeHeaders(before.headers, change.headers);
  const after = validateRouteSettings({ ...mergeFnSettings(before, change), headers }, before);
  if (isDeepStrictEqual(before, after)) return route;
  const { headers: _, ...settings } = after;
  return {
    fn: { ...route.fn, ...settings, updatedAtMs: nowMs },
    trigger: { ...route.trigger, headers, updatedAtMs: nowMs },
  };
}

/** Values replace those of the same name, compared without case; an empty list removes the name. */
function mergeHeaders(headers: TriggerHeaders, change: TriggerHeaders = {}): TriggerHeaders {
  const merged = new Map(Object.entries(headers).map((field) => [field[0].toLowerCase(), field]));
  for (const [name, values] of Object.entries(change)) {
    if (values.length === 0) merged.delete(name.toLowerCase());
    else merged.set(name.toLowerCase(), [name, values]);
  }
  return Object.fromEntries(merged.values());
}

/** Refuses a path that no route may have. The order of the checks is Fn's, so that its messages are too. */
export function validateRoutePath(path: string): void {
  if (path === "") throw new FnError("route_path_missing");
  if (!isParseable(path)) throw new FnError("route_path_malformed");
  if (path.split("?", 1)[0]?.includes(":")) throw new FnError("route_path_dynamic");
  if (!path.startsWith("/")) throw new FnError("route_path_invalid");
  if (Buffer.byteLength(path) > SOURCE_BYTES_MAX)
    throw new FnError("route_path_too_long", { max: SOURCE_BYTES_MAX });
}

/**
 * Refuses settings that no route may have. The first failure wins, and the order of the checks is Fn's. A time that /v2
 * allowed `before` may stay, unless the type changes.
 */
export function validateRouteSettings(draft: RouteDraft, before?: RouteSettings): RouteSettings {
  const { type, format } = draft;
  if (draft.image === "") throw new FnError("route_image_missing");
  validateImageName(draft.image);
  if (!isOneOf(FN_TYPES, type)) throw new FnError("route_type_invalid");
  if (!isOneOf(FORMATS, format)) throw new FnError("route_format_invalid");
  const timeoutMaxS = type === "async" ? FN_LIMITS.timeoutAsyncS : FN_LIMITS.timeoutSyncS;
  const isTimeoutKept = draft.timeoutS === before?.timeoutS && type === before.type;
  if (!isWithin(draft.timeoutS, timeoutMaxS) && !isTimeoutKept) throw new FnError("route_timeout_invalid");
  if (!isWithin(draft.idleTimeoutS, FN_LIMITS.idleTimeoutS)) throw new FnError("route_idle_timeout_invalid");
  if (!isWithin(draft.memoryMib, FN_LIMITS.memoryMib)) throw new FnError("route_memory_invalid");
  validateRetries(draft);
  for (const [name, values] of Object.entries(draft.headers)) {
    if (!isHeader(name, values)) throw new FnError("route_header_invalid", { name });
  }
  return { ...draft, type, format };
}

/**
 * A path as stored and as looked up: from the root, `.` and `..` and doubled or trailing slashes resolved.
 * Both sides clean, so every stored route can be called.
 */
export function cleanRoutePath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") kept.pop();
    else kept.push(segment);
  }
  return `/${kept.join("/")}`;
}

/** `0.5` and `500m` are 500, an empty text is 0 (unlimited). Fractions of a thousandth are cut. */
export function parseCpus(text: string): number {
  const trimmed = text.trim();
  if (trimmed === "") return 0;
  const milli = /^\d{1,7}m$/.test(trimmed) ? Number(trimmed.slice(0, -1)) : thousandths(trimmed);
  if (milli === undefined || milli > FN_LIMITS.cpusMilli) throw new FnError("route_cpus_invalid");
  return milli;
}

/** The other way: `500m`, and an empty text for unlimited. */
export function formatCpus(cpusMilli: number): string {
  return cpusMilli === 0 ? "" : `${cpusMilli}m`;
}

/** A decimal number times 1000, by its digits: as a product of doubles, 1.001 would come out below 1001. */
function thousandths(decimal: string): number | undefined {
  const [, whole, fraction = ""] = /^(\d{0,4})(?:\.(\d*))?$/.exec(decimal) ?? [];
  if (whole === undefined || whole + fraction === "") return undefined;
  return Number(whole) * 1000 + Number(fraction.slice(0, 3).padEnd(3, "0"));
}

/** RFC 9110, 5.1 and 5.5: a token, and values of visible text. Anything else would break each answer. */
function isHeader(name: string, values: readonly string[]): boolean {
  const isToken = /^[!#$%&'*+.^_`|~\w-]+$/.test(name);
  return isToken && values.every((value) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value));
}

/** Percent signs must start an escape, and control characters have no place in a URL. */
function isParseable(path: string): boolean {
  return isPlainText(path) && !/%(?![0-9A-Fa-f]{2})/.test(path);
}
