import type { Static } from "typebox";
import { type ErrorCode, FnError } from "../../model/errors.ts";
import type { Page } from "../../store/store.ts";
import { encodeKey, keyPage, nextCursor, type PageQuery } from "../api/paging.ts";

type ListQuery = Static<typeof PageQuery> & { readonly name?: string };

/** The page of a list that a query asks for, as it is answered. */
export async function listPage<T extends { readonly name: string }, View>(
  query: ListQuery,
  view: (item: T) => View,
  list: (page: Page & { readonly name?: string }) => Promise<readonly T[]>,
): Promise<{ next_cursor?: string; items: View[] }> {
  const page = keyPage(query);
  const items = await list(query.name ? { ...page, name: query.name } : page);
  const next = nextCursor(items, page, ({ name }) => encodeKey(name));
  return { ...(next && { next_cursor: next }), items: items.map(view) };
}

interface WithId {
  readonly id?: string;
}

/** Ids of new things are the server's to make. */
export function refuseGivenId({ id }: WithId, code: ErrorCode): void {
  if (id) throw new FnError(code);
}

/** A body may repeat the id of the URL, and no other. */
export function refuseOtherId({ id }: WithId, idOfUrl: string, code: ErrorCode): void {
  if (id && id !== idOfUrl) throw new FnError(code);
}
