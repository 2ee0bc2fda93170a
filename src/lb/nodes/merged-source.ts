import { normalList } from "./listed-nodes.ts";
import type { ListedNode, NodeSource } from "./source.ts";

/**
 * Several sources as one: the nodes of all. Of a node that several list, the first one's word counts, but for draining, where
 * one is enough. Nodes are added to the first source that takes any, and removed from all that can: one that is left in a
 * list kept elsewhere stays.
 */
export function mergeSources(sources: readonly NodeSource[]): NodeSource {
  const [only] = sources;
  if (sources.length === 1 && only) return only;
  const lists = new Map<NodeSource, readonly ListedNode[]>();
  const adding = sources.find(({ add }) => add !== undefined);
  const removing = sources.filter(({ remove }) => remove !== undefined);

  const merged: NodeSource = {
    name: sources.map(({ name }) => name).join(", "),
    async start(onNodes) {
      const tellAll = () => {
        if (lists.size === sources.length) onNodes(union(sources.map((source) => lists.get(source) ?? [])));
      };
      try {
        await Promise.all(
          sources.map((source) =>
            source.start((nodes) => {
              lists.set(source, nodes);
              tellAll();
            }),
          ),
        );
      } catch (error) {
        await merged.stop();
        throw error;
      }
      if (sources.length === 0) onNodes([]);
    },
    async stop() {
      await Promise.all(sources.map((source) => source.stop()));
    },
  };
  if (adding) merged.add = async (node) => await adding.add?.(node);
  if (removing.length > 0) {
    merged.remove = async (name) => void (await Promise.all(removing.map((source) => source.remove?.(name))));
  }
  return merged;
}

function union(lists: readonly (readonly ListedNode[])[]): readonly ListedNode[] {
  const all = lists.flat();
  const draining = new Set(all.filter(({ isDraining }) => isDraining).map(({ name }) => name));
  return normalList(all).map((node) => (draining.has(node.name) ? { ...node, isDraining: true } : node));
}
