import type { Canceller } from "../clock/cancel.ts";
import type { AnswerSink, CallInput } from "../format/format.ts";
import type { Call, CallStatus, Timeline } from "../model/call.ts";
import type { FnError } from "../model/errors.ts";
import type { RouteInApp } from "../store/store.ts";
import { CallLog } from "./call-log.ts";
import { type LaunchSpec, launchSpecOf } from "./launch-spec.ts";
import type { LiveContainer } from "./live-container.ts";

/** One call to be run. */
export interface Submission {
  readonly route: RouteInApp;
  readonly input: CallInput;
  /** When the call was accepted: what it waits counts from here. Wall clock, and the same moment in monotonic ns. */
  readonly createdAtMs: number;
  readonly createdAtNs: number;
  readonly sink: CallSink;
  /** Aborted by the caller's side when it leaves, and by the agent at the deadline: the reason is the call's error. */
  readonly cancel: Canceller;
}

export interface CallSink extends AnswerSink {
  /** A container has the call, after so long, for these reasons. Comes before `head`. */
  started(waitNs: number, timeline: Timeline): void;
}

/** A submission on its way. */
export class Execution {
  readonly submission: Submission;
  readonly spec: LaunchSpec;
  readonly log = new CallLog();
  container: LiveContainer | undefined;
  /** When a container got it, and what it had waited for until then. */
  #began: { readonly atMs: number; readonly atNs: number; readonly timeline: Timeline } | undefined;

  constructor(submission: Submission) {
    this.submission = submission;
    this.spec = launchSpecOf(submission.route);
  }

  /** A container has it, after so long. */
  began(container: LiveContainer, nowMs: number, nowNs: number): Timeline {
    const timeline = waitTimeline(this.#elapsedMs(nowNs), container.takeLaunchTimes());
    this.#began = { atMs: nowMs, atNs: nowNs, timeline };
    return timeline;
  }

  /** It is over: its record. */
  ended(nowMs: number, nowNs: number, error: FnError | undefined): Call {
    const { route, input, createdAtMs } = this.submission;
    const { app, fn, trigger } = route;
    const run = this.runMs(nowNs);
    return {
      id: input.callId,
      appId: app.id,
      appName: app.name,
      fnId: fn.id,
      path: trigger.source,
      status: statusOf(error),
      error: error && (error.hint === undefined ? error.message : `${error.message}: ${error.hint}`),
      createdAtMs,
      startedAtMs: this.#began?.atMs,
      completedAtMs: nowMs,
      timeline: run === undefined ? { queue: this.#elapsedMs(nowNs) } : { ...this.#began?.timeline, run },
    };
  }

  /** How long it has run, in milliseconds; undefined when it never did. */
  runMs(nowNs: number): number | undefined {
    return this.#began && (nowNs - this.#began.atNs) / 1e6;
  }

  #elapsedMs(nowNs: number): number {
    return (nowNs - this.submission.createdAtNs) / 1e6;
  }
}

/** What of the wait was not the start of the container was the line. */
function waitTimeline(waitMs: number, launchTimes: Timeline): Timeline {
  if (launchTimes.start === undefined) return { queue: waitMs };
  const { pull = 0, create = 0, start = 0, init = 0 } = launchTimes;
  return { queue: Math.max(0, waitMs - pull - create - start - init), ...launchTimes };
}

function statusOf(error: FnError | undefined): CallStatus {
  if (!error) return "success";
  return error.code === "call_timeout" ? "timeout" : "error";
}
