import type { Clock } from "../../clock/clock.ts";
import type { LoadReport, Policy } from "../placement/policy.ts";
import type { WorkerLink } from "./link.ts";

/** Calls take from a millisecond on; what others know of them may be as old as this, and a report costs next to nothing. */
export const REPORT_INTERVAL_MS = 200;

const TOPIC = "loads";

export interface LoadSharing {
  stop(): void;
}

/** Lets the policies of all workers place calls as if each knew those of the others, from now until it is stopped. */
export function shareLoads(
  policy: Pick<Policy, "report" | "learn" | "forget">,
  link: WorkerLink,
  clock: Clock,
): LoadSharing {
  // It comes from the policy of another worker of the same program.
  link.subscribe(TOPIC, (report, from) => policy.learn(from, report as LoadReport));
  link.onGone((worker) => policy.forget(worker));

  const tell = () => {
    const report = policy.report();
    if (report) link.publish(TOPIC, report);
    timer = clock.after(REPORT_INTERVAL_MS, tell);
  };
  let timer = clock.after(REPORT_INTERVAL_MS, tell);
  return { stop: () => timer.cancel() };
}
