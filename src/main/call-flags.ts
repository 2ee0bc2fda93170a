/** Settings of a node about what it keeps of calls, and about those that nobody waits for. */
import { ANSWER_BYTES_MAX, KEEP_ANSWER_MS, LEASE_MS } from "../agent/async/async-calls.ts";
import type { Retention } from "../agent/pruner.ts";
import { choice, integer } from "./flags.ts";

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const callFlags = {
  "call-records": choice("whether calls whose callers wait are recorded", "on", ["on", "off"], {
    env: "FN_CALL_RECORDS",
  }),
  "calls-keep": integer(
    "how long calls, logs and answers are kept, in days; 0 for ever",
    30,
    { min: 0, max: 36_500 },
    { env: "FN_CALLS_KEEP_DAYS", placeholder: "days" },
  ),
  "calls-max": integer(
    "calls that are kept of each app; 0 for all",
    1_000_000,
    { min: 0, max: Number.MAX_SAFE_INTEGER },
    { env: "FN_CALLS_MAX", placeholder: "calls" },
  ),
  "async-body-max": integer(
    "largest body of a call that nobody waits for, in bytes",
    10 * MIB,
    // PostgreSQL sends bytes as text of twice that length, and a text of Node's has half a gigabyte at most.
    { min: 1, max: 100 * MIB },
    { env: "FN_MAX_ASYNC_REQUEST_SIZE", placeholder: "bytes" },
  ),
  "async-lease": integer(
    "after how many seconds another node runs an async call whose node is not heard of any more",
    LEASE_MS / 1000,
    { min: 1, max: 3600 },
    { env: "FN_ASYNC_LEASE_SECS", placeholder: "seconds" },
  ),
  "async-answer-max": integer(
    "what is kept of the answer to an async call, in bytes",
    ANSWER_BYTES_MAX,
    { min: 0, max: 100 * MIB },
    { env: "FN_ASYNC_ANSWER_MAX", placeholder: "bytes" },
  ),
  "async-answer-keep": integer(
    "how long the answer to an async call is kept, in hours",
    KEEP_ANSWER_MS / HOUR_MS,
    { min: 0, max: 87_600 },
    { env: "FN_ASYNC_ANSWER_KEEP_HOURS", placeholder: "hours" },
  ),
};

export function retentionOf(settings: {
  readonly "calls-keep": number;
  readonly "calls-max": number;
}): Retention {
  return {
    keepMs: settings["calls-keep"] === 0 ? undefined : settings["calls-keep"] * DAY_MS,
    callsPerAppMax: settings["calls-max"] === 0 ? undefined : settings["calls-max"],
  };
}

/** What `AsyncCalls` takes of the settings. */
export function asyncLimitsOf(settings: {
  readonly "async-lease": number;
  readonly "async-answer-max": number;
  readonly "async-answer-keep": number;
}) {
  return {
    leaseMs: settings["async-lease"] * 1000,
    answerBytesMax: settings["async-answer-max"],
    keepAnswerMs: settings["async-answer-keep"] * HOUR_MS,
  };
}
