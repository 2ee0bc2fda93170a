import { FnError } from "../../model/errors.ts";

/** What Fn prints where it has no time. */
export const NO_TIME = "0001-01-01T00:00:00.000Z";

/** Unix milliseconds as the API shows them: RFC 3339, three digits of a second, UTC. */
export function viewTime(atMs: number | undefined): string {
  return atMs === undefined ? NO_TIME : new Date(atMs).toISOString();
}

/** The other way: any RFC 3339 time; undefined for none. Errors: `invalid_json`. */
export function readTime(name: string, text: string | undefined): number | undefined {
  if (!text || text.startsWith("0001-01-01T")) return undefined;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i.test(text);
  const atMs = isTime ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs))
    throw new FnError("invalid_json", {}, { hint: `${name} must be a time of RFC 3339` });
  return atMs;
}
