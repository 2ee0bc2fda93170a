import type { Clock } from "./clock.ts";

/**
 * A clock that is read once in a turn of the event loop, and tells the same time until the turn is over: all that one look at
 * the network has brought came at one time. A balancer asks for the time ten times for each request; nginx and HAProxy do the
 * same. What it measures is as exact as turns are short.
 */
export function turnClock(clock: Clock): Clock {
  let now: { readonly ms: number; readonly ns: number } | undefined;
  const endTurn = () => {
    now = undefined;
  };
  const read = () => {
    setImmediate(endTurn);
    return { ms: clock.nowMs(), ns: clock.monotonicNs() };
  };
  return {
    nowMs() {
      now ??= read();
      return now.ms;
    },
    monotonicNs() {
      now ??= read();
      return now.ns;
    },
    after: (delayMs, action) => clock.after(delayMs, action),
  };
}
