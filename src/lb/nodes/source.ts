/** Where the list of nodes comes from: flags, a watched file, DNS, a table of a database. */
export interface NodeSource {
  /** For logs and the management: `flags`, `file:/etc/fnlb/nodes`, `dns:fn.internal:8080`, `db`. */
  readonly name: string;
  /** Tells the whole list once it is known, and again whenever it has changed. Rejects when it cannot be begun. */
  start(onNodes: (nodes: readonly ListedNode[]) => void): Promise<void>;
  /** Tells nothing any more, and lets go of what it holds. */
  stop(): Promise<void>;
  /** Adds a node, or changes the one of that name. Absent where the list is kept by somebody else. */
  add?(node: ListedNode): Promise<void>;
  /** Takes a node out; does nothing for an unknown one. */
  remove?(name: string): Promise<void>;
}

export interface ListedNode {
  /** `host:port`. */
  readonly name: string;
  /** See `Candidate`; 1 unless told. */
  readonly weight: number;
  /** Finishes what it has and gets nothing new. */
  readonly isDraining: boolean;
}
