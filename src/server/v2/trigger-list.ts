import type { Static } from "typebox";
import type { App } from "../../model/app.ts";
import { type Trigger, triggerPlaceText } from "../../model/trigger.ts";
import type { Store } from "../../store/store.ts";
import { encodeKey, keyPage, type PageQuery } from "../api/paging.ts";

type Query = Static<typeof PageQuery> & { readonly fn_id?: string; readonly name?: string };

/**
 * One page of an app's triggers. Triggers of one app may have the same name; where a page ends between two of these, its
 * cursor tells the id as well, behind a dot.
 */
export async function listTriggers(
  store: Store,
  app: App,
  query: Query,
): Promise<{ readonly next_cursor?: string; readonly items: readonly Trigger[] }> {
  const [cursor, id] = query.cursor?.split(".") ?? [];
  const { after: name, limit } = keyPage({ ...query, cursor });
  const found = await store.triggers.list(app.id, {
    // One more than shown tells whether the last one shown has a namesake behind it.
    limit: limit + 1,
    ...(name && { after: triggerPlaceText({ name, id }) }),
    ...(query.fn_id && { fnId: query.fn_id }),
    ...(query.name && { name: query.name }),
  });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (!last || items.length < limit) return { items };
  const isTorn = found[limit]?.name === last.name;
  return { next_cursor: encodeKey(last.name) + (isTorn ? `.${last.id}` : ""), items };
}
