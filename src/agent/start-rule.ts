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

/** How long things take, in milliseconds; undefined while there is no experience. */
export interface PoolTimes {
  /** A call in a container, on average. */
  readonly runMs: number | undefined;
  /** A container until it can take a call, on average. */
  readonly startMs: number | undefined;
  /** How long the call that runs longest has been running: the average knows nothing of it yet. */
  readonly oldestRunMs: number;
}

/**
 * How many containers should be in the making now. The launcher starts what is missing, and takes back what is too
 * much as long as it only waits for memory or for its turn.
 *
 * - While there is no container at all, one goes first. It shows whether the function starts and how fast it is, and
 *   a function that cannot start costs one container instead of one per caller. The gate closes again whenever the
 *   last container goes.
 * - As long as nothing is known of its times, one for each waiting call that no idle container serves: the rule of Fn
 *   in January 2018.
 * - Then no more than it takes for the line to be gone in the time of a start: a container that would come later than
 *   that helps none of those who wait. So a quick function queues for a hot container, and a slow one scales at once.
 */
export function startsWanted(counts: PoolCounts, times: PoolTimes): number {
  const { waiting, idle, busy } = counts;
  const unserved = Math.max(0, waiting - idle);
  if (idle + busy === 0) return Math.min(unserved, 1);
  if (times.runMs === undefined || times.startMs === undefined) return unserved;
  const runMs = Math.max(times.runMs, times.oldestRunMs);
  const containersUseful = Math.ceil((unserved * runMs) / Math.max(times.startMs, START_MS_MIN));
  return Math.min(unserved, Math.max(0, containersUseful - idle - busy));
}

/** Nothing starts quicker than this; it keeps the division sane when clocks are coarse. */
const START_MS_MIN = 1;
