/** How many containers may start at a time, and what is being found out about it. */
export interface Climb {
  readonly limit: number;
  /** The limit it was before, and how many starts per millisecond that reached; absent while nothing is tried. */
  readonly from?: { readonly limit: number; readonly perMs: number };
  /** Which way the next try goes. */
  readonly direction: 1 | -1;
  /** For how many more samples nothing is tried. */
  readonly holdFor: number;
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** A step is kept when at least this part of what it promises comes true. */
const PAYS_SHARE = 0.5;
/** Samples between two tries: often enough to follow a machine that others use too, seldom enough to cost little. */
export const HOLD_SAMPLES = 8;

export function firstClimb(limit: number): Climb {
  return { limit, direction: 1, holdFor: 0 };
}

/**
 * Hill climbing on starts per millisecond, of which a sample says how many `climb.limit` at a time reach (that is
 * limit / latency). One more at a time should start so many more; when more starts only lengthen each one, it goes
 * back. One fewer should start so many fewer; when it hardly does, each start has become shorter for nothing, and it
 * stays.
 */
export function nextClimb(climb: Climb, perMs: number, bounds: Bounds): Climb {
  const { limit, from, direction, holdFor } = climb;
  if (!from) {
    if (holdFor > 0) return { ...climb, holdFor: holdFor - 1 };
    return tryNext(limit, perMs, direction, bounds);
  }
  const promised = limit / from.limit - 1;
  const came = perMs / from.perMs - 1;
  const isKept = direction > 0 ? came >= PAYS_SHARE * promised : came > PAYS_SHARE * promised;
  if (isKept) return tryNext(limit, perMs, direction, bounds);
  return settled(from.limit, direction);
}

function tryNext(limit: number, perMs: number, direction: 1 | -1, bounds: Bounds): Climb {
  const next = Math.min(Math.max(limit + direction, bounds.min), bounds.max);
  if (next === limit) return settled(limit, direction);
  return { limit: next, from: { limit, perMs }, direction, holdFor: 0 };
}

function settled(limit: number, tried: 1 | -1): Climb {
  return { limit, direction: tried === 1 ? -1 : 1, holdFor: HOLD_SAMPLES };
}
