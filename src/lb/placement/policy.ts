/** Says where calls go. One per balancer process; every policy runs the same suite (policy.suite.ts). */
export interface Policy {
  readonly name: PolicyName;
  /**
   * The nodes that can take calls from now on, in any order. What is known of one that is missing is kept for a while, since
   * it may be back in a moment.
   */
  setNodes(nodes: readonly Candidate[]): void;
  /**
   * The node for a call of this function (a key of key.ts), none of those `tried`; undefined when none is left. The call
   * counts as outstanding there until the placing is ended.
   */
  place(fn: string, tried: readonly string[]): Placing | undefined;
}

export type PolicyName = "warm" | "wait" | "bounded" | "least";

/** A node that can take calls. */
export interface Candidate {
  /** `host:port`. */
  readonly name: string;
  /** Its share of the functions and of the load compared with other nodes; 1 unless told. Above 0. */
  readonly weight: number;
}

/** A call that is sent to a node. */
export interface Placing {
  readonly node: string;
  /** The head of the answer came. `waitNs` is what the call waited at the node; undefined when it ran no function there. */
  answered(waitNs: number | undefined): void;
  /** The call is over there, whatever way. What comes after the first time does nothing. */
  end(): void;
}
