import type { Clock } from "./clock.ts";

/**
 * A clock that is read once in a turn of the event loop, and tells the same time until the turn is over: all that one look at
 * the network has brought came at one time. A balancer asks for the time ten times for each request; nginx and HAProxy do the
 * same. What it measures is as exact as turns are short.
 */
export function turnClock(clock: Clock): Clock {
  let ms: number | undefined;
  let ns: number | undefined;
  let isTurn = false;
  const endTurn = () => {
    ms = undefined;
    ns = undefined;
    isTurn = false;
  };
  const beginTurn = () => {
    if (isTurn) return;
    isTurn = true;
    setImmediate(endTurn);
  };
  return {
    nowMs() {
      if (ms === undefined) {
        beginTurn();
        ms = clock.nowMs();
      }
      return ms;
    },
    monotonicNs() {
      if (ns === undefined) {
        beginTurn();
        ns = clock.monotonicNs();
      }
      return ns;
    },
    after: (delayMs, action) => clock.after(delayMs, action),
  };
}
