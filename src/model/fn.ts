import { isDeepStrictEqual } from "node:util";
import { type Annotations, parseShape, type Shape, validateAnnotations } from "./annotations.ts";
import type { Config } from "./app.ts";
import { FnError } from "./errors.ts";
import { mergeKeyed } from "./keyed.ts";
import { isPlainText, NAME_BYTES_MAX } from "./names.ts";
import type { Secrets } from "./secrets.ts";

/** What to run: an image and how to treat its containers. */
export interface Fn extends FnSettings {
  readonly id: string;
  readonly appId: string;
  /** Unique in its app. For a function made through /v1 it is the route's path. */
  readonly name: string;
  readonly annotations: Annotations;
  readonly shape: Shape | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface FnSettings {
  /** A Docker reference, or `dir:PATH` for a folder that the process driver runs. */
  readonly image: string;
  readonly format: FormatName;
  readonly type: FnType;
  readonly memoryMib: number;
  /** Thousandths of a cpu; 0 is unlimited. */
  readonly cpusMilli: number;
  /** How long a call may take, waiting included, in seconds. */
  readonly timeoutS: number;
  /** How long a container without a call is kept, in seconds. */
  readonly idleTimeoutS: number;
  readonly config: Config;
  /** As the config, and over it. */
  readonly secrets: Secrets;
  /** How often a call that nobody waits for is run again after it failed. */
  readonly retries: number;
  /** How long after a failure, in seconds, at first: the time doubles with each further one. */
  readonly retryDelayS: number;
}

/** How a call is written to a container and its answer read back. */
export const FORMATS = ["default", "http", "json", "http-stream"] as const;
export type FormatName = (typeof FORMATS)[number];

/** How bytes get into and out of a container: its standard streams, or a unix socket it listens on. */
export type Channel = "stdio" | "socket";

/** `sync` answers the caller; `async` accepts the call and runs it later. */
export const FN_TYPES = ["sync", "async"] as const;
export type FnType = (typeof FN_TYPES)[number];

export const FN_DEFAULTS: Omit<FnSettings, "image"> = {
  format: "default",
  type: "sync",
  memoryMib: 128,
  cpusMilli: 0,
  timeoutS: 30,
  idleTimeoutS: 30,
  config: {},
  secrets: {},
  retries: 0,
  retryDelayS: 10,
};

/** What the image of a fn made through /v2 speaks unless told: all images of today's Fn do. */
const FORMAT_DEFAULT_V2 = "http-stream";

/** Largest values; the smallest are 1, of retries 0. Source: sections 2.2 and 8.2 of the API reference. */
export const FN_LIMITS = {
  timeoutSyncS: 120,
  timeoutAsyncS: 3600,
  timeoutV2S: 300,
  idleTimeoutS: 3600,
  memoryMib: 8192,
  cpusMilli: 1_024_000,
  retries: 100,
  retryDelayS: 3600,
} as const;

/** Settings as a caller puts them: type and format are any text until they have been validated. */
export interface FnDraft extends Omit<FnSettings, "type" | "format"> {
  readonly type: string;
  readonly format: string;
}

/** The part of the settings that a caller names; what is absent or undefined stays as it is. */
export interface FnSettingsChange extends Partial<FnDraft> {}

/** As `FnSettingsChange`, with what only /v2 knows. Maps are changed key by key (`mergeKeyed`); an empty shape names none. */
export interface FnChange extends FnSettingsChange {
  readonly annotations?: Annotations;
  readonly shape?: string;
}

/** What a new fn must say besides; empty for what its caller left out. */
export interface NewFn extends FnChange {
  readonly name: string;
  readonly appId: string;
}

/**
 * A new fn as /v2 makes it: with the caller's settings, else what the image says of itself, else `FN_DEFAULTS` and
 * http-stream. Errors, in Fn's order: `fn_name_...`, `fn_app_missing`, those of `validateFnSettings`, `annotation...`.
 */
export function newFn(chosen: NewFn, image: FnSettingsChange, id: string, nowMs: number): Fn {
  const { name, appId, annotations = {}, shape = "" } = chosen;
  validateFnName(name);
  if (appId === "") throw new FnError("fn_app_missing");
  const defaults = { ...FN_DEFAULTS, image: "", format: FORMAT_DEFAULT_V2 };
  const settings = validateFnSettings(newFnSettings(defaults, image, chosen));
  validateAnnotations(annotations);
  const identity = { id, appId, name, createdAtMs: nowMs, updatedAtMs: nowMs };
  return { ...identity, ...settings, annotations, shape: parseShape(shape) };
}

/**
 * A fn after a change of /v2; the same object when that changes nothing, so that no time moves.
 * Errors: those of `validateFnSettings`, `annotation...`, `shape_invalid`.
 */
export function changeFn(fn: Fn, change: FnChange, nowMs: number): Fn {
  const before = fnSettings(fn);
  const settings = validateFnSettings(mergeFnSettings(before, change), before);
  const annotations = mergeKeyed(fn.annotations, change.annotations);
  validateAnnotations(annotations);
  const shape = parseShape(change.shape ?? "") ?? fn.shape;
  const changed = { ...fn, ...settings, annotations, shape };
  return isDeepStrictEqual(changed, fn) ? fn : { ...changed, updatedAtMs: nowMs };
}

/** Settings where there were none: each layer over the one before. */
export function newFnSettings(defaults: FnDraft, image: FnSettingsChange, chosen: FnSettingsChange): FnDraft {
  const open = mergeFnSettings(defaults, image);
  // An empty text removes a key when a config changes; here it is the value of a new one.
  return { ...mergeFnSettings(open, chosen), config: { ...open.config, ...chosen.config } };
}

/** Single settings are replaced; config and secrets are changed key by key. */
export function mergeFnSettings(settings: FnDraft, change: FnSettingsChange): FnDraft {
  return {
    image: change.image ?? settings.image,
    format: change.format ?? settings.format,
    type: change.type ?? settings.type,
    memoryMib: change.memoryMib ?? settings.memoryMib,
    cpusMilli: change.cpusMilli ?? settings.cpusMilli,
    timeoutS: change.timeoutS ?? settings.timeoutS,
    idleTimeoutS: change.idleTimeoutS ?? settings.idleTimeoutS,
    config: mergeKeyed(settings.config, change.config),
    secrets: mergeKeyed(settings.secrets, change.secrets),
    retries: change.retries ?? settings.retries,
    retryDelayS: change.retryDelayS ?? settings.retryDelayS,
  };
}

/** The settings of a stored fn. */
export function fnSettings(fn: Fn): FnSettings {
  const { id, appId, name, annotations, shape, createdAtMs, updatedAtMs, ...settings } = fn;
  return settings;
}

/** Refuses a name that /v2 gives no fn: missing, too long, or one that a URL would have to escape. */
export function validateFnName(name: string): void {
  if (name === "") throw new FnError("fn_name_missing");
  if (Buffer.byteLength(name) > NAME_BYTES_MAX)
    throw new FnError("fn_name_too_long", { max: NAME_BYTES_MAX });
  // RFC 3986, 3.3: what may stand in a segment of a path, but for what separates in some; dots alone lead elsewhere.
  const isSegment = /^[\w\-.~$&+=:@]+$/.test(name) && !/^\.\.?$/.test(name);
  if (!isSegment) throw new FnError("fn_name_invalid");
}

/**
 * Refuses settings that /v2 gives no fn. The first failure wins, and the order of the checks is Fn's. A time that /v1
 * allowed `before` may stay, whatever else changes.
 */
function validateFnSettings(draft: FnDraft, before?: FnSettings): FnSettings {
  const { image, type, format, timeoutS } = draft;
  const { timeoutV2S, idleTimeoutS, memoryMib } = FN_LIMITS;
  if (image === "") throw new FnError("fn_image_missing");
  validateImageName(image);
  if (!isOneOf(FN_TYPES, type)) throw new FnError("fn_type_invalid");
  if (!isOneOf(FORMATS, format)) throw new FnError("fn_format_invalid");
  if (!isWithin(timeoutS, timeoutV2S) && timeoutS !== before?.timeoutS) {
    throw new FnError("fn_timeout_invalid", { max: timeoutV2S });
  }
  if (!isWithin(draft.idleTimeoutS, idleTimeoutS))
    throw new FnError("fn_idle_timeout_invalid", { max: idleTimeoutS });
  if (!isWithin(draft.memoryMib, memoryMib)) throw new FnError("fn_memory_invalid", { max: memoryMib });
  validateRetries(draft);
  return { ...draft, type, format };
}

/** Errors: `image_name_invalid`. Whether there is such an image shows when it is pulled. */
export function validateImageName(image: string): void {
  if (!isPlainText(image) || Buffer.byteLength(image) > IMAGE_BYTES_MAX)
    throw new FnError("image_name_invalid");
}

/** As long as a path of a folder may be on Linux (`PATH_MAX`). */
const IMAGE_BYTES_MAX = 4096;

/** Errors: `retries_invalid`, `retry_delay_invalid`. */
export function validateRetries({ retries, retryDelayS }: Pick<FnSettings, "retries" | "retryDelayS">): void {
  const { retries: retriesMax, retryDelayS: delayMaxS } = FN_LIMITS;
  if (!isWithin(retries, retriesMax, 0)) throw new FnError("retries_invalid", { max: retriesMax });
  if (!isWithin(retryDelayS, delayMaxS, 0)) throw new FnError("retry_delay_invalid", { max: delayMaxS });
}

/** A whole number of that range, both ends included. */
export function isWithin(value: number, max: number, min = 1): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

export function isOneOf<T extends string>(known: readonly T[], text: string): text is T {
  return known.some((each) => each === text);
}
