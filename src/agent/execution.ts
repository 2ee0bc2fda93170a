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
  readonly route: RouteInApp;
  readonly input: CallInput;
  readonly createdAtMs: number;
  readonly createdAtNs: number;
  readonly sink: CallSink;
  readonly cancel: Canceller;
  readonly spec: LaunchSpec;
  readonly log = new CallLog();
  startedAtMs: number | undefined;
  startedAtNs: number | undefined;
  timeline: Timeline | undefined;
  container: LiveContainer | undefined;

  constructor({ route, input, createdAtMs, createdAtNs, sink, cancel }: Submission) {
    this.route = route;
    this.input = input;
    this.createdAtMs = createdAtMs;
    this.createdAtNs = createdAtNs;
    this.sink = sink;
    this.cancel = cancel;
    this.spec = launchSpecOf(route);
  }

  /** A container has it, after so long. */
  began(container: LiveContainer, nowMs: number, nowNs: number): Timeline {
    this.startedAtMs = nowMs;
    this.startedAtNs = nowNs;
    this.timeline = waitTimeline((nowNs - this.createdAtNs) / 1e6, container.takeLaunchTimes());
    return this.timeline;
  }

  /** It is over: its record. */
  ended(nowMs: number, nowNs: number, error: FnError | undefined): Call {
    const { app, fn, trigger } = this.route;
    return {
      id: this.input.callId,
      appId: app.id,
      appName: app.name,
      fnId: fn.id,
      path: trigger.source,
      status: statusOf(error),
      error: error && (error.hint === undefined ? error.message : `${error.message}: ${error.hint}`),
      createdAtMs: this.createdAtMs,
      startedAtMs: this.startedAtMs,
      completedAtMs: nowMs,
      timeline: this.timeline
        ? { ...this.timeline, run: this.runMs(nowNs) ?? 0 }
        : { queue: (nowNs - this.createdAtNs) / 1e6 },
    };
  }

  /** How long it has run, in milliseconds; undefined when it never did. */
  runMs(nowNs: number): number | undefined {
    return this.startedAtNs === undefined ? undefined : (nowNs - this.startedAtNs) / 1e6;
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
