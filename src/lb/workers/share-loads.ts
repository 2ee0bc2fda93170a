import type { Clock } from "../../clock/clock.ts";
import type { LoadReport, Loads } from "../placement/policy.ts";
import type { WorkerLink } from "./link.ts";

/** Calls take from a millisecond on; what others know of them may be as old as this, and a report costs next to nothing. */
export const REPORT_INTERVAL_MS = 200;

const TOPIC = "loads";

export interface LoadSharing {
  stop(): void;
}

/** Lets the policies of all workers place calls as if each knew those of the others, from now until it is stopped. */
export function shareLoads(loads: Loads, link: WorkerLink, clock: Clock): LoadSharing {
  // It comes from another worker of the same program.
  link.subscribe(TOPIC, (report, from) => loads.learn(from, report as LoadReport));
  link.onGone((worker) => loads.forget(worker));

  const tell = () => {
    const report = loads.report();
    if (report) link.publish(TOPIC, report);
    timer = clock.after(REPORT_INTERVAL_MS, tell);
  };
  let timer = clock.after(REPORT_INTERVAL_MS, tell);
  return { stop: () => timer.cancel() };
}
