/** From the first byte of a head to its last: a client that needs longer is stuck, or means harm. */
export const HEAD_MS = 60_000;
/** Longer than proxies usually keep a connection that they do not use, so that it is they who close it. */
export const IDLE_MS = 75_000;
/** Between two parts of a body that is waited for. */
export const BODY_MS = 120_000;
/** For a client to take what was said last, and to close its side. */
export const CLOSE_MS = 30_000;

/** As the constants of the same names. */
export interface ServerTimeouts {
  readonly headMs: number;
  readonly idleMs: number;
  readonly bodyMs: number;
  readonly closeMs: number;
}

export const DEFAULT_TIMEOUTS: ServerTimeouts = {
  headMs: HEAD_MS,
  idleMs: IDLE_MS,
  bodyMs: BODY_MS,
  closeMs: CLOSE_MS,
};
