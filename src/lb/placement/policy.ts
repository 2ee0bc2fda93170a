/** Says where calls go. One per balancer process; every policy runs the same suite (policy.suite.ts). */
export interface Policy {
  readonly name: PolicyName;
  /**
   * The nodes that can take calls from now on, in any order. What is known of one that is missing is kept for a while, since
   * it may be back in a moment.
   */
  setNodes(nodes: readonly Candidate[]): void;
  /** A node is no longer in the list: what is known of it is forgotten, and one of that name is a new one. */
  removeNode(name: string): void;
  /**
   * The node for a call of this function (a key of key.ts), none of those `tried`; undefined when none is left. The call
   * counts as outstanding there until the placing is ended.
   */
  place(fn: string, tried: readonly string[]): Placing | undefined;
  /**
   * The functions known here that would live on this node if it were among the candidates, the most recently called first:
   * those it should pull and start before their calls come. Absent where functions have no home.
   */
  homesOn?(node: Candidate, limit: number): readonly string[];
  readonly loads: Loads;
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

/** What the processes of one balancer tell each other, so that each places its calls as if it knew those of the others. */
export interface Loads {
  /**
   * What changed here since the last report; undefined when nothing did. The first one only begins to note changes. A report
   * is bounded: after a full one there may be more at once.
   */
  report(): LoadReport | undefined;
  /** Acts on what another process reports, as if its calls were placed here. */
  learn(from: string, report: LoadReport): void;
  /** A process is gone, and its outstanding calls with it. Does nothing for an unknown one. */
  forget(from: string): void;
}

/** Loads of one process, as plain JSON. All numbers are present states, so that one that is lost is made up by the next. */
export interface LoadReport {
  readonly nodes: readonly NodeLoad[];
  readonly fns: readonly FnLoad[];
}

export interface NodeLoad {
  readonly node: string;
  /** Calls that this process has there. */
  readonly outstanding: number;
}

/** A function on a node; each policy fills in what it goes by. */
export interface FnLoad {
  readonly fn: string;
  readonly node: string;
  /** Calls of the function that this process has there. */
  readonly outstanding: number;
  /** How long ago the last call was served there, in milliseconds: clocks differ between processes, ages do not. */
  readonly servedMsAgo?: number;
  readonly waitNs?: number;
  readonly runMs?: number;
  readonly parallel?: number;
}
