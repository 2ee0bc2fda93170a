import type { NodeTable, PlacedNode } from "./node-table.ts";
import type { Placing } from "./policy.ts";

/** A call that counts at its node, for policies that need to know no more. */
export class NodePlacing implements Placing {
  readonly #nodes: NodeTable;
  readonly #node: PlacedNode;
  #isOver = false;

  constructor(nodes: NodeTable, node: PlacedNode) {
    this.#nodes = nodes;
    this.#node = node;
    nodes.begin(node);
  }

  get node(): string {
    return this.#node.name;
  }

  answered(_waitNs: number | undefined): void {}

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#nodes.end(this.#node);
  }
}
