import { FnError } from "./errors.ts";
import { FN_LIMITS, FN_TYPES, type Fn, type FnSettings, FORMATS } from "./fn.ts";
import type { Trigger, TriggerHeaders } from "./trigger.ts";

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

/** The settings of a stored route. */
export function routeSettings(route: Route): RouteSettings {
  const { image, format, type, memoryMib, cpusMilli, timeoutS, idleTimeoutS, config } = route.fn;
  return {
    image,
    format,
    type,
    memoryMib,
    cpusMilli,
    timeoutS,
    idleTimeoutS,
    config,
    headers: route.trigger.headers,
  };
}

/** Refuses a path that no route may have. The order of the checks is Fn's, so that its messages are too. */
export function validateRoutePath(path: string): void {
  if (path === "") throw new FnError("route_path_missing");
  if (!isParseable(path)) throw new FnError("route_path_malformed");
  if (path.split("?", 1)[0]?.includes(":")) throw new FnError("route_path_dynamic");
  if (!path.startsWith("/")) throw new FnError("route_path_invalid");
}

/** Refuses settings out of range. Formats and types come from callers as any text, hence the checks. */
export function validateRouteSettings(settings: RouteSettings): void {
  if (settings.image === "") throw new FnError("route_image_missing");
  if (!FN_TYPES.includes(settings.type)) throw new FnError("route_type_invalid");
  if (!FORMATS.includes(settings.format)) throw new FnError("route_format_invalid");
  const timeoutMaxS = settings.type === "async" ? FN_LIMITS.timeoutAsyncS : FN_LIMITS.timeoutSyncS;
  if (!isWithin(settings.timeoutS, timeoutMaxS)) throw new FnError("route_timeout_invalid");
  if (!isWithin(settings.idleTimeoutS, FN_LIMITS.idleTimeoutS))
    throw new FnError("route_idle_timeout_invalid");
  if (!isWithin(settings.memoryMib, FN_LIMITS.memoryMib)) throw new FnError("route_memory_invalid");
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
  const milli = /^(\d{1,7})m$/.exec(trimmed)?.[1];
  const cpus = /^\d{1,4}(\.\d*)?$|^\.\d+$/.test(trimmed) ? trimmed : undefined;
  const value =
    milli !== undefined ? Number(milli) : cpus !== undefined ? Math.trunc(Number(cpus) * 1000) : -1;
  if (value < 0 || value > FN_LIMITS.cpusMilli) throw new FnError("route_cpus_invalid");
  return value;
}

/** The other way: `500m`, and an empty text for unlimited. */
export function formatCpus(cpusMilli: number): string {
  return cpusMilli === 0 ? "" : `${cpusMilli}m`;
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

/** Percent signs must start an escape, and control characters have no place in a URL. */
function isParseable(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
  return !/%(?![0-9A-Fa-f]{2})|[\u0000-\u001f\u007f]/.test(path);
}
