import Type, { type Static } from "typebox";
import type { Page } from "../../store/store.ts";

/** Lists come in pages: a full page tells the cursor of the next, which may turn out to be empty. */
export const PageQuery = Type.Object({
  cursor: Type.Optional(Type.String({ description: "next_cursor of the page before; else from the start" })),
  per_page: Type.Optional(Type.String({ description: "Items on a page: 1 to 100, 30 if absent" })),
});

export const NextCursor = Type.String({ description: "Cursor of the next page; empty when there is none" });

const PER_PAGE_DEFAULT = 30;
const PER_PAGE_MAX = 100;

/** The page that a query asks for, where cursors are encoded keys. A cursor that is none counts as absent. */
export function keyPage(query: Static<typeof PageQuery>): Page {
  return { ...rawPage(query), after: decodeKey(query.cursor ?? "") };
}

/** The page that a query asks for, where cursors are keys as they are. */
export function rawPage(query: Static<typeof PageQuery>): Page {
  return { after: query.cursor || undefined, limit: readPerPage(query.per_page ?? "") };
}

/** The cursor of the page after these items: that of the last one, if the page is full. */
export function nextCursor<T>(items: readonly T[], page: Page, cursorOf: (item: T) => string): string {
  const last = items.at(-1);
  return last !== undefined && items.length === page.limit ? cursorOf(last) : "";
}

/** A key as a cursor: unpadded base64 for URLs (RFC 4648, 5). */
export function encodeKey(key: string): string {
  return Buffer.from(key).toString("base64url");
}

/** The other way. What the encoding cannot have made is no cursor of ours, and is passed over. */
function decodeKey(cursor: string): string | undefined {
  const key = Buffer.from(cursor, "base64url").toString();
  return key !== "" && !key.includes("\0") && encodeKey(key) === cursor ? key : undefined;
}

/** Absent, zero, negative or no number: the default. */
function readPerPage(text: string): number {
  const count = /^[+-]?\d+$/.test(text) ? Number(text) : 0;
  return count < 1 ? PER_PAGE_DEFAULT : Math.min(count, PER_PAGE_MAX);
}
