/** What is known of one function when its launcher decides. */
export interface PoolCounts {
  /** Calls waiting for a slot. */
  readonly waiting: number;
  /** Containers without a call. */
  readonly idle: number;
  /** Containers with a call. */
  readonly busy: number;
  /** Containers in the making, counted from the moment they were decided. */
  readonly starting: number;
}

/**
 * How many containers should be in the making now. The launcher starts what is missing, and takes back what is too
 * much as long as it only waits for memory or for its turn.
 *
 * The rule is that of Fn in January 2018 (one for each waiting call that no idle container serves) with a gate in
 * front: while there is no container at all, one goes first. It shows whether the function starts and how fast it
 * is, and a function that cannot start costs one container instead of one per caller. The gate closes again whenever
 * the last container goes.
 */
export function startsWanted({ waiting, idle, busy }: PoolCounts): number {
  const unserved = Math.max(0, waiting - idle);
  return idle + busy === 0 ? Math.min(unserved, 1) : unserved;
}
