import type { Page } from "../store.ts";

/** A page of a list, the plain way. */
export function pageOf<T>({ after, limit }: Page, items: readonly T[], keyOf: (item: T) => string): T[] {
  return items
    .filter((item) => after === undefined || byBytes(keyOf(item), after) > 0)
    .toSorted((a, b) => byBytes(keyOf(a), keyOf(b)))
    .slice(0, limit);
}

/** Text compares byte by byte, in every database. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
