import { type Clock, sleep } from "../../clock/clock.ts";
import { isLocked } from "./failures.ts";

/**
 * How long a transaction waits while other processes write. Transactions take milliseconds, so this is not reached
 * by load; somebody keeps the file locked then, and callers should hear of it.
 */
export const LOCK_WAIT_MAX_MS = 5_000;

/** The longest pause between two tries: a lock that comes free is not left unused for long. */
const PAUSE_MAX_MS = 25;

/**
 * Runs `attempt` again for as long as it finds the database locked; after `LOCK_WAIT_MAX_MS` its error is final.
 *
 * SQLite tells nobody when a lock comes free, so there is no way but to ask again. Its own busy handler does that
 * too, but stops the whole process meanwhile: no call would be served, and a second connection in this process could
 * not even let go of the lock that the first one waits for.
 */
export async function waitForLock<T>(clock: Clock, attempt: () => Promise<T>): Promise<T> {
  const endNs = clock.monotonicNs() + LOCK_WAIT_MAX_MS * 1e6;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isLocked(error) || clock.monotonicNs() >= endNs) throw error;
    }
    await sleep(clock, pauseMs);
  }
}
