import { isWeight, NODES_MAX, normalList, WEIGHT_MAX } from "./listed-nodes.ts";
import { isNodeName } from "./node-name.ts";
import type { ListedNode } from "./source.ts";

/**
 * Reads a list of nodes: one a line, as `host:port [weight=N] [draining]`; what follows a `#` is a comment, and empty lines
 * mean nothing. Throws with the line and what is wrong in it.
 *
 * A file of no bytes at all is refused: that is what a file looks like which somebody is about to write. One that names no
 * node on purpose says so in a comment.
 */
export function parseNodeFile(text: string): readonly ListedNode[] {
  if (text === "") throw new Error("the file is empty; a comment in it would say that this is meant");
  const nodes = new Map<string, ListedNode>();
  for (const [index, line] of text.split("\n").entries()) {
    const [content = ""] = line.split("#", 1);
    const words = content.split(/\s+/).filter((word) => word !== "");
    if (words.length === 0) continue;
    const node = parseNode(words, (reason) => new Error(`line ${index + 1}: ${reason}`));
    if (nodes.has(node.name)) throw new Error(`line ${index + 1}: ${node.name} is there twice`);
    nodes.set(node.name, node);
    if (nodes.size > NODES_MAX) throw new Error(`there are more than ${NODES_MAX} nodes`);
  }
  return normalList(nodes.values());
}

function parseNode(
  [name = "", ...settings]: readonly string[],
  wrong: (reason: string) => Error,
): ListedNode {
  if (!isNodeName(name)) throw wrong(`'${name}' is not host:port`);
  let weight = 1;
  let isDraining = false;
  for (const setting of settings) {
    const [, digits] = /^weight=(\d{1,4}(?:\.\d{1,6})?)$/.exec(setting) ?? [];
    if (digits !== undefined && isWeight(Number(digits))) weight = Number(digits);
    else if (setting === "draining") isDraining = true;
    else
      throw wrong(`'${setting}' is neither 'draining' nor 'weight=N' with N above 0 and up to ${WEIGHT_MAX}`);
  }
  return { name, weight, isDraining };
}
