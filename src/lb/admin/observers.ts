import type { Logger } from "pino";
import type { LbObserver } from "../observer.ts";

/** Tells each of them. */
export function observers(...all: readonly LbObserver[]): LbObserver {
  return {
    retried(node, reason) {
      for (const observer of all) observer.retried(node, reason);
    },
    finished(request) {
      for (const observer of all) observer.finished(request);
    },
  };
}

/** A line for each request at level debug, with all that is known of it, and one for each attempt that failed. */
export function requestLog(log: Logger): LbObserver {
  return {
    retried(node, reason) {
      if (log.isLevelEnabled("debug")) log.debug({ node, reason }, "request is sent again");
    },
    finished(request) {
      if (log.isLevelEnabled("debug")) log.debug(request, "request is over");
    },
  };
}
