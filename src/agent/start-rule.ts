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
  /** For how long calls have been running without one of them ending: the average knows nothing of that yet. */
  readonly stalledMs: number;
}

/** What is known of the calls that wait. */
export interface Line {
  /** For how long calls have waited without a container being idle in between; 0 when none waits. */
  readonly ageMs: number;
  /** How long a call may wait at most. */
  readonly waitMsMax: number;
  /** Whether the containers added last serve more calls, or only slow the others down; undefined while not measured. */
  readonly growthPays: boolean | undefined;
  /** Cores of the machine: so many containers can compute at the same time. */
  readonly cores: number;
}

/**
 * How many containers should be in the making now. The launcher starts what is missing, and takes back what is too
 * much as long as it only waits for memory or for its turn. Never more than calls that no idle container serves.
 *
 * - While there is no container at all, one goes first. It shows whether the function starts and how fast it is, and
 *   a function that cannot start costs one container instead of one per caller. The gate closes again whenever the
 *   last container goes.
 * - As long as no call has ended, that first one is given a moment, no longer than its start took; a function that
 *   needs longer gets one for each waiting call, which is the rule of Fn in January 2018.
 * - A line is served within the time of a start: no more are started than that takes, since a container that would
 *   come later than that helps none of those who wait now. So a quick function queues for a hot container, and a slow
 *   one scales at once.
 * - A line that has lasted as long as a start would have been shorter for a container begun with it, and the next one
 *   of its kind will be: whoever waits now is followed by others. Then containers are added, half as many as there are
 *   at a time, until what a newcomer waits is hardly worth a start. One that goes on and on gets one for each core.
 * - Both hold only as long as more containers serve more calls. Where they merely share the same cores, or wait for
 *   the same database, runs grow as fast as containers do, the line is never shorter, and looks at it alone would go
 *   on adding for ever. Only a line that would outlast the callers' patience is then worth the attempt. Of a quick
 *   function it is known so soon what the last ones brought that the next ones wait for it.
 */
export function startsWanted(counts: PoolCounts, times: PoolTimes, line: Line): number {
  const { waiting, idle, busy, starting } = counts;
  const unserved = Math.max(0, waiting - idle);
  const containers = idle + busy;
  if (containers === 0) return Math.min(unserved, 1);
  const { startMs, stalledMs } = times;
  if (startMs === undefined || times.runMs === undefined) {
    return stalledMs < firstRunMs(startMs) ? 0 : unserved;
  }
  // When none ends for as long as a start takes, and for longer than runs did so far, calls take longer now than they
  // used to, and what was measured is void.
  const isStalled = stalledMs >= startMs && stalledMs > times.runMs;
  const runMs = isStalled ? stalledMs : times.runMs;
  const growthPays = isStalled ? undefined : line.growthPays;
  const known = { unserved, containers, runMs, startMs };
  const wanted = Math.max(
    0,
    wantedForLine(known, { ...line, growthPays }),
    wantedForDemand(known, { ...line, growthPays }),
  );
  const isMeasuredSoon = growthPays === undefined && RUNS_TO_MEASURE * runMs < startMs;
  return Math.min(unserved, isMeasuredSoon ? Math.min(wanted, starting) : wanted);
}

interface Known {
  readonly unserved: number;
  readonly containers: number;
  readonly runMs: number;
  readonly startMs: number;
}

/**
 * What a call at the end of the line waits: each of those before it takes a run, shared among the containers.
 */
export function expectedWaitMs(unserved: number, runMs: number, containers: number): number {
  return (unserved * runMs) / Math.max(containers, 1);
}

/** So many more that those who wait now are served within the time of a start, or within their patience. */
function wantedForLine({ unserved, containers, runMs, startMs }: Known, line: Line): number {
  const withinMs = line.growthPays === false ? Math.max(startMs, line.waitMsMax / 2) : startMs;
  return Math.ceil((unserved * runMs) / Math.max(withinMs, START_MS_MIN)) - containers;
}

/**
 * So many more that, with as many callers as now, the expected wait comes down to what is tolerable. A line that goes on
 * and on is of callers who come back at once: however short their wait is, a core that has no container could serve them.
 */
function wantedForDemand({ unserved, containers, runMs, startMs }: Known, line: Line): number {
  if (line.ageMs < startMs || line.growthPays !== true) return 0;
  const hasFreeCore = containers < line.cores;
  const costMs = hasFreeCore ? 0 : tolerableForStart(startMs, runMs);
  const tolerableMs = Math.max(TOLERABLE_SHARE * runMs, costMs, TOLERABLE_MS_MIN);
  // (callers - containers) x run / containers <= tolerable, solved for the containers.
  const enough = Math.ceil(((unserved + containers) * runMs) / (runMs + tolerableMs));
  const forWait = Math.min(enough - containers, Math.max(1, Math.floor(GROWTH_STEP * containers)));
  const isLasting = line.ageMs >= LASTING_STARTS * startMs;
  return hasFreeCore && isLasting ? Math.max(forWait, 1) : forWait;
}

/**
 * What a wait must be for a start to be worth it, once each core has a container: a start takes a core away from the
 * calls that it could have served meanwhile, and of a quick function those are many.
 */
function tolerableForStart(startMs: number, runMs: number): number {
  const shareMs = TOLERABLE_SHARE * startMs;
  return shareMs * Math.min(Math.max(shareMs / Math.max(runMs, START_MS_MIN), 1), COST_FACTOR_MAX);
}

/**
 * How long the very first call of a function may run before more containers are started: long enough that a quick
 * function is known as one, and too short for the caller of a slow one to notice. No longer than a start takes: what
 * it could save is less than that.
 */
export function firstRunMs(startMs: number | undefined): number {
  return Math.min(startMs ?? FIRST_RUN_MS_MAX, FIRST_RUN_MS_MAX);
}

export const FIRST_RUN_MS_MAX = 20;
/** After so many runs of each container it is known what the last ones brought. */
const RUNS_TO_MEASURE = 2;
/** Nothing starts quicker than this; it keeps the division sane when clocks are coarse. */
const START_MS_MIN = 1;
/** What part of a run, or of a start, a wait may be without another container being worth it. */
const TOLERABLE_SHARE = 0.1;
/** How much more that is for a function of which many calls fit into a start. */
const COST_FACTOR_MAX = 3;
/** A wait that no caller notices behind a network. */
const TOLERABLE_MS_MIN = 20;
/** A line is taken as one that goes on when it has lasted so many starts: one of them is then little against it. */
const LASTING_STARTS = 3;
/** How many are added at a time, of those there are: enough that what they change stands out from chance. */
const GROWTH_STEP = 0.5;
