import type { TableEntry } from "./fn-table.ts";
import type { PlacedNode } from "./node-table.ts";
import type { Candidate } from "./policy.ts";
import { hashOf, isNearest } from "./rendezvous.ts";

/** Which of these functions, at most so many and in this order, would live on a node if it were among those present. */
export function homesOn<Entry extends TableEntry<Entry>>(
  { name, weight }: Candidate,
  present: readonly PlacedNode[],
  fns: IteratorObject<Entry>,
  limit: number,
): string[] {
  const node = { hash: hashOf(name), weight };
  const others = present.filter((other) => other.name !== name);
  return fns
    .filter(({ hash }) => isNearest(hash, node, others))
    .take(limit)
    .map(({ key }) => key)
    .toArray();
}
