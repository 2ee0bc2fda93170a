/** What to measure and what to expect. */
export interface HarnessOptions {
  /** `host:port` of the balancer. */
  readonly balancer: string;
  /** `host:port` of each node behind it. */
  readonly nodes: readonly string[];
  /** The path that is called: `/r/APP/PATH`. */
  readonly route: string;
  /** What runs there if the route is missing. */
  readonly image: string;
  readonly calls: number;
  /** How many calls are under way at once. */
  readonly concurrency: number;
  /** Passed on to the function: how far it looks for primes. */
  readonly max: number;
  /** Passed on to the function: how often. */
  readonly loops: number;
  /** For each call, from its start to its last byte. */
  readonly timeoutMs: number;
  /** More failed calls than this are a failure of the run. */
  readonly errorsMax: number;
  /** More nodes than this are a failure of the run; 0 for any number. */
  readonly nodesMax: number;
  /** A line for each call. */
  readonly isVerbose: boolean;
  /** One JSON object on standard output; everything else goes to standard error. */
  readonly isJson: boolean;
}
