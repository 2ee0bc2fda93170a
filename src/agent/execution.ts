import type { Canceller } from "../clock/cancel.ts";
import type { Linked } from "../clock/chain.ts";
import type { AnswerSink, CallInput } from "../format/format.ts";
import type { Call, CallOutcome, Timeline } from "../model/call.ts";
import type { FnError } from "../model/errors.ts";
import type { FnInApp } from "../store/store.ts";
import { CallLog } from "./call-log.ts";
import { type LaunchSpec, launchSpecOf, pathOf } from "./launch-spec.ts";
import type { LiveContainer } from "./live-container.ts";
import type { LogFeed } from "./log-feed.ts";

/** One call to be run. */
export interface Submission {
  readonly called: FnInApp;
  /** The path it came by, where `called` does not tell it: its trigger may lead elsewhere by now. */
  readonly path?: string;
  readonly input: CallInput;
  /** When the call was accepted: what it waits counts from here. Wall clock, and the same moment in monotonic ns. */
  readonly createdAtMs: number;
  readonly createdAtNs: number;
  readonly sink: CallSink;
  /** Aborted by the caller's side when it leaves, and by the agent at the deadline: the reason is the call's error. */
  readonly cancel: Canceller;
  /** Who keeps the record of the call once its log is whole; the agent unless told. */
  readonly record?: (call: Call, log: CallLog) => void;
}

export interface CallSink extends AnswerSink {
  /** A container has the call, after so long, for these reasons. Comes before `head`. */
  started(waitNs: number, timeline: Timeline): void;
}

/** A call that has ended by itself. */
export interface EndedCall extends Call {
  readonly status: CallOutcome;
}

/** A submission on its way. */
export class Execution implements Linked<Execution> {
  previous: Execution | undefined = undefined;
  next: Execution | undefined = undefined;
  readonly submission: Submission;
  readonly spec: LaunchSpec;
  readonly log: CallLog;
  container: LiveContainer | undefined;
  /** When a container got it, and what it had waited for until then. */
  #began: { readonly atMs: number; readonly atNs: number; readonly timeline: Timeline } | undefined;

  /** With a feed, what is logged is told there, too. */
  constructor(submission: Submission, feed?: LogFeed) {
    this.submission = submission;
    this.spec = launchSpecOf(submission.called);
    this.log = feed ? feed.open(submission) : new CallLog();
  }

  /** A container has it, after so long. */
  began(container: LiveContainer, nowMs: number, nowNs: number): Timeline {
    const timeline = waitTimeline(this.#elapsedMs(nowNs), container.takeLaunchTimes());
    this.#began = { atMs: nowMs, atNs: nowNs, timeline };
    return timeline;
  }

  /** It is over: its record. */
  ended(nowMs: number, nowNs: number, error: FnError | undefined): EndedCall {
    const { called, input, createdAtMs } = this.submission;
    const { app, fn } = called;
    const run = this.runMs(nowNs);
    return {
      id: input.callId,
      appId: app.id,
      appName: app.name,
      fnId: fn.id,
      path: pathOfSubmission(this.submission),
      status: statusOf(error),
      error: error && sentenceOf(error),
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

/** What a call goes by in its record. */
export function pathOfSubmission({ path, called }: Pick<Submission, "path" | "called">): string {
  return path ?? pathOf(called);
}

/** What the record of a call says about the error that ended it. */
export function sentenceOf({ message, hint }: FnError): string {
  return hint === undefined ? message : `${message}: ${hint}`;
}

/** What of the wait was not the start of the container was the line. */
function waitTimeline(waitMs: number, launchTimes: Timeline): Timeline {
  if (launchTimes.start === undefined) return { queue: waitMs };
  const { pull = 0, create = 0, start = 0, init = 0 } = launchTimes;
  return { queue: Math.max(0, waitMs - pull - create - start - init), ...launchTimes };
}

function statusOf(error: FnError | undefined): CallOutcome {
  if (!error) return "success";
  return error.code === "call_timeout" ? "timeout" : "error";
}
