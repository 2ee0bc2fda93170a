import { byName } from "./node-name.ts";
import type { ListedNode } from "./source.ts";

/** More than anyone has; a list beyond this is an accident. */
export const NODES_MAX = 10_000;

/** The share of one node may be so much larger, or smaller, than that of another. */
export const WEIGHT_MAX = 1000;

/** A list in the one order that all balancers share, each name once: of two, the first. */
export function normalList(nodes: Iterable<ListedNode>): readonly ListedNode[] {
  const byNames = new Map<string, ListedNode>();
  for (const node of nodes) if (!byNames.has(node.name)) byNames.set(node.name, node);
  return [...byNames.values()].sort(byName);
}

export function isSameList(a: readonly ListedNode[], b: readonly ListedNode[]): boolean {
  return a.length === b.length && a.every((node, i) => isSameNode(node, b[i]));
}

export function isWeight(weight: number): boolean {
  return weight > 0 && weight <= WEIGHT_MAX;
}

function isSameNode(a: ListedNode, b: ListedNode | undefined): boolean {
  return a.name === b?.name && a.weight === b.weight && a.isDraining === b.isDraining;
}
