import { canonicalHeaderName } from "../http1/fields.ts";
import type { CallInput, HeaderField } from "./format.ts";

/**
 * The client's fields and the four of the call, names in canonical form, sorted by name; the values of one name keep
 * their order. What a client sends under the call's names is dropped. Source: section 0 of the format reference.
 */
export function callFields(input: CallInput): HeaderField[] {
  const fields: HeaderField[] = [
    ["Fn_call_id", input.callId],
    ["Fn_deadline", rfc3339(input.deadlineMs)],
    ["Fn_method", input.method],
    ["Fn_request_url", input.requestUrl],
  ];
  for (const [name, value] of input.headers) {
    const canonicalName = canonicalHeaderName(name);
    if (!METADATA.has(canonicalName)) fields.push([canonicalName, value]);
  }
  return fields.sort(byName);
}

/** By name, in the order of bytes; the sort is stable. */
export function byName([a]: HeaderField, [b]: HeaderField): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** All values of each name, in the order of the fields. */
export function groupByName(fields: readonly HeaderField[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of fields) {
    const values = groups.get(name);
    if (values) values.push(value);
    else groups.set(name, [value]);
  }
  return groups;
}

/** In UTC with milliseconds: `2018-01-22T10:00:30.123Z`. */
export function rfc3339(unixMs: number): string {
  return new Date(unixMs).toISOString();
}

/** A field value has a character per byte; the text those bytes are in UTF-8. */
export function textOfField(value: string): string {
  return ASCII.test(value) ? value : Buffer.from(value, "latin1").toString("utf8");
}

/** The field value whose bytes are this text in UTF-8. */
export function fieldOfText(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

const METADATA: ReadonlySet<string> = new Set(["Fn_call_id", "Fn_deadline", "Fn_method", "Fn_request_url"]);

const ASCII = /^[\t\x20-\x7e]*$/;
