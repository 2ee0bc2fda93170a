import type { Canceller } from "../../clock/cancel.ts";
import type { Clock } from "../../clock/clock.ts";
import type { CallInput } from "../../format/format.ts";
import type { CallRecord } from "../../model/call.ts";
import { asFnError, type FnError } from "../../model/errors.ts";
import type { StoredAnswer } from "../../model/queued-call.ts";
import type { ClaimedCall, FnInApp } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { CapturedAnswer } from "./captured-answer.ts";

export interface ClaimedRun {
  readonly agent: Pick<Agent, "submit">;
  readonly clock: Clock;
  readonly claimed: ClaimedCall;
  readonly called: FnInApp;
  readonly cancel: Canceller;
  /** How much of the answer's body is kept. */
  readonly answerBytesMax: number;
  /** A container has it. */
  readonly onStarted: () => void;
}

/** How a run of a claimed call went. */
export interface RunOutcome {
  readonly error: FnError | undefined;
  readonly wasRun: boolean;
  /** Undefined when the agent stopped: then the call goes back, and has no end to be recorded. */
  readonly record: CallRecord | undefined;
  /** Undefined when the call failed. */
  readonly answer: StoredAnswer | undefined;
}

/** Runs a claimed call, as if its caller had called now and nobody listened. Never rejects. */
export async function runClaimed(run: ClaimedRun): Promise<RunOutcome> {
  const { agent, clock, claimed, called, cancel, answerBytesMax, onStarted } = run;
  const answer = new CapturedAnswer(answerBytesMax, onStarted);
  const recorded = Promise.withResolvers<CallRecord>();
  const error = await agent
    .submit({
      called,
      path: claimed.call.path,
      input: inputOf(claimed, called, clock.nowMs()),
      createdAtMs: claimed.call.createdAtMs,
      createdAtNs: clock.monotonicNs(),
      sink: answer,
      cancel,
      record(call, log) {
        log.append(answer.logBytes(called.fn.format));
        recorded.resolve({ call, log: log.text() });
      },
    })
    .then(() => undefined, asFnError);
  const wasRun = answer.hasStarted;
  if (error?.code === "server_stopping") return { error, wasRun, record: undefined, answer: undefined };
  return { error, wasRun, record: await recorded.promise, answer: error ? undefined : answer.stored() };
}

/** Its time begins now, whatever it has waited for its turn. */
function inputOf({ call, request }: ClaimedCall, { fn }: FnInApp, nowMs: number): CallInput {
  const { method, target, host, headers, body, triggerId } = request;
  return {
    callId: call.id,
    type: fn.type,
    method,
    target,
    host,
    requestUrl: `http://${host}${target}`,
    headers,
    isDirect: triggerId === undefined,
    deadlineMs: nowMs + 1000 * fn.timeoutS,
    body: body.length === 0 ? undefined : inOnePiece(body),
    bodyBytes: body.length,
  };
}

async function* inOnePiece(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}
