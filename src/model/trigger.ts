import { isDeepStrictEqual } from "node:util";
import { type Annotations, validateAnnotations } from "./annotations.ts";
import { FnError } from "./errors.ts";
import { mergeKeyed } from "./keyed.ts";
import { isPlainText, isWideName, NAME_BYTES_MAX } from "./names.ts";

/** An HTTP path in an app that leads to a function. */
export interface Trigger {
  readonly id: string;
  readonly appId: string;
  readonly fnId: string;
  readonly name: string;
  readonly type: "http";
  /** The path, from its first slash: unique in its app. */
  readonly source: string;
  /** Added to every answer given through this trigger. */
  readonly headers: TriggerHeaders;
  readonly annotations: Annotations;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Values by header name. */
export type TriggerHeaders = Readonly<Record<string, readonly string[]>>;

/** The part that a caller of /v2 may change; what is absent, undefined or empty stays. Annotations as in `mergeKeyed`. */
export interface TriggerChange {
  readonly name?: string;
  /** Another function of the app, to which the trigger leads from then on. */
  readonly fnId?: string;
  readonly source?: string;
  readonly annotations?: Annotations;
}

/** A trigger as a caller of /v2 puts it; empty for what was left out. */
export interface NewTrigger {
  readonly name: string;
  readonly appId: string;
  readonly fnId: string;
  readonly type: string;
  readonly source: string;
  readonly annotations?: Annotations;
}

/** Far more than a path needs, and less than what an index of PostgreSQL can hold of one row (2704 bytes). */
export const SOURCE_BYTES_MAX = 1024;

/** A new trigger, without headers. Errors, in Fn's order: app, name, fn, type, source, annotations. */
export function newTrigger(chosen: NewTrigger, id: string, nowMs: number): Trigger {
  const { name, appId, fnId, type, source, annotations = {} } = chosen;
  if (appId === "") throw new FnError("trigger_app_missing");
  validateName(name);
  if (fnId === "") throw new FnError("trigger_fn_missing");
  if (type !== "http") throw new FnError("trigger_type_unsupported");
  validateSource(source);
  validateAnnotations(annotations);
  const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
  return { id, appId, fnId, name, type, source, headers: {}, annotations, ...times };
}

/** A trigger after a change; the same object when that changes nothing, so that no time moves. Errors: as `newTrigger`. */
export function changeTrigger(trigger: Trigger, change: TriggerChange, nowMs: number): Trigger {
  const name = change.name || trigger.name;
  const fnId = change.fnId || trigger.fnId;
  const source = change.source || trigger.source;
  const annotations = mergeKeyed(trigger.annotations, change.annotations);
  // What stays is not looked at: triggers made through /v1 have names of their own.
  if (name !== trigger.name) validateName(name);
  if (source !== trigger.source) validateSource(source);
  validateAnnotations(annotations);
  const changed = { ...trigger, fnId, name, source, annotations };
  return isDeepStrictEqual(changed, trigger) ? trigger : { ...changed, updatedAtMs: nowMs };
}

/** Where a trigger stands in the list of its app: by name, and by id among those of one name. */
export interface TriggerPlace {
  readonly name: string;
  readonly id?: string;
}

/** A place as text, for `Page.after`. No name has a NUL in it. */
export function triggerPlaceText({ name, id }: TriggerPlace): string {
  return id === undefined ? name : `${name}\0${id}`;
}

/** The way back; a name alone is the place behind all of that name. */
export function parseTriggerPlace(text: string): TriggerPlace {
  const end = text.indexOf("\0");
  return end < 0 ? { name: text } : { name: text.slice(0, end), id: text.slice(end + 1) };
}

function validateName(name: string): void {
  if (name === "") throw new FnError("trigger_name_missing");
  if (Buffer.byteLength(name) > NAME_BYTES_MAX)
    throw new FnError("trigger_name_too_long", { max: NAME_BYTES_MAX });
  if (!isWideName(name)) throw new FnError("trigger_name_invalid");
}

/** Clients resolve `.` and `..` before they send a path (RFC 3986, 5.2.4): a source with one could not be called. */
function validateSource(source: string): void {
  if (source === "") throw new FnError("trigger_source_missing");
  if (!source.startsWith("/")) throw new FnError("trigger_source_unrooted");
  if (Buffer.byteLength(source) > SOURCE_BYTES_MAX) {
    throw new FnError("trigger_source_too_long", { max: SOURCE_BYTES_MAX });
  }
  const hasDots = source.split("/").some((segment) => segment === "." || segment === "..");
  if (hasDots || !isPlainText(source)) throw new FnError("trigger_source_invalid");
}
