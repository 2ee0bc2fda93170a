import type { Logger } from "pino";
import { Cancel, type CancelSignal } from "../../clock/cancel.ts";
import { type Clock, sleep } from "../../clock/clock.ts";
import type { Random } from "../../clock/random.ts";
import type { Call, CallRecord } from "../../model/call.ts";
import { asFnError, FnError } from "../../model/errors.ts";
import type { ClaimedCall, FnInApp, QueueStore } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { sentenceOf } from "../execution.ts";
import type { AsyncObserver } from "../observer.ts";
import { isAbandoned, nextStep, storeRetryMs } from "./retry-rule.ts";
import { type RunOutcome, runClaimed } from "./run-claimed.ts";

export interface HeldCallOptions {
  readonly agent: Pick<Agent, "submit">;
  readonly queue: Pick<QueueStore, "finish" | "putBack">;
  /** A function by its id; undefined when it is gone. Errors: `store_unavailable`. */
  readonly fnOf: (fnId: string) => Promise<FnInApp | undefined>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly observer: AsyncObserver;
  readonly holder: string;
  readonly answerBytesMax: number;
  readonly keepAnswerMs: number;
  /** Its state is another. */
  readonly onMove: () => void;
  /** Back in the queue, to be claimed after so long. */
  readonly onPutBack: (delayMs: number) => void;
  /** Aborted when there is no more time to wait for a store that cannot be reached. */
  readonly givingUp: CancelSignal;
}

/** `claimed`: its function is looked up. `waiting`: for a container. `ending`: the queue is told. */
export type HeldState = "claimed" | "waiting" | "running" | "ending";

const MOVES: Readonly<Record<HeldState, readonly HeldState[]>> = {
  claimed: ["waiting", "ending"],
  waiting: ["running", "ending"],
  running: ["ending"],
  ending: [],
};

/** A call that this node has a lease on, from its claim until it has left the node. */
export class HeldCall {
  readonly #claimed: ClaimedCall;
  readonly #options: HeldCallOptions;
  readonly #cancel = new Cancel();
  #state: HeldState = "claimed";
  #isLost = false;
  #isTold = false;

  constructor(claimed: ClaimedCall, options: HeldCallOptions) {
    this.#claimed = claimed;
    this.#options = options;
  }

  get id(): string {
    return this.#claimed.call.id;
  }

  get state(): HeldState {
    return this.#state;
  }

  /** Whether the queue is still to be told of its end, by this node. */
  get isUnderWay(): boolean {
    return !this.#isTold && !this.#isLost;
  }

  /** Runs the call, and tells the queue how that went. Never rejects. */
  async handle(): Promise<void> {
    const { log, observer } = this.#options;
    try {
      const called = await this.#find();
      const outcome = called instanceof FnError ? unrun(called) : await this.#run(called);
      this.#move("ending");
      const isOurs = !this.#isLost && (await this.#settle(outcome, called));
      if (isOurs) return;
      observer.asyncLost();
      log.info({ call: this.id }, "a queued call is another's by now, or was cancelled");
    } catch (error) {
      // When its lease has ended, it is claimed again.
      log.error({ err: error, call: this.id }, "the end of a queued call could not be stored");
    }
  }

  /** The node goes down: the call goes back into the queue, unless it has ended. */
  leave(): void {
    this.#cancel.abort(new FnError("server_stopping"));
  }

  /** It was taken back, or taken by another node: what comes of it here does not matter any more. */
  lose(): void {
    if (this.#state === "ending") return;
    this.#isLost = true;
    this.#cancel.abort(new FnError("call_cancelled"));
  }

  /** The function; or why there is none to be run. */
  async #find(): Promise<FnInApp | FnError> {
    const { attempts, call } = this.#claimed;
    try {
      const called = await this.#options.fnOf(call.fnId);
      if (!called) return new FnError("fn_not_found");
      if (isAbandoned(attempts, called.fn.retries))
        return new FnError("call_abandoned", { times: attempts - 1 });
      this.#cancel.signal.throwIfAborted();
      return called;
    } catch (error) {
      return asFnError(error);
    }
  }

  #run(called: FnInApp): Promise<RunOutcome> {
    const onStarted = () => this.#move("running");
    this.#move("waiting");
    return runClaimed({ ...this.#options, claimed: this.#claimed, called, cancel: this.#cancel, onStarted });
  }

  /** False when the call is no longer this node's. */
  async #settle(outcome: RunOutcome, called: FnInApp | FnError): Promise<boolean> {
    const { queue, random, clock, observer, holder, keepAnswerMs, onPutBack } = this.#options;
    const { error, wasRun, answer } = outcome;
    const { call, attempts, refusals } = this.#claimed;
    const fn = called instanceof FnError ? NO_RETRIES : called.fn;
    const next = nextStep({ ...this.#claimed, error, wasRun }, fn, random);
    if (next.kind === "put back") {
      const sentence = error ? sentenceOf(error) : "";
      const back = { delayMs: next.delayMs, wasRun, error: sentence, log: outcome.record?.log ?? "" };
      const isOurs = await this.#untilReached(() => queue.putBack(holder, call.id, back));
      if (isOurs) {
        observer.asyncPutBack(next.reason);
        onPutBack(next.delayMs);
      }
      return isOurs;
    }
    const { isDead } = next;
    const ended = outcome.record ?? { call: unrunCall(call, error, clock.nowMs()), log: "" };
    const times = !wasRun && refusals > 0 ? `, ${refusals + 1} times` : "";
    const sentence = ended.call.error && ended.call.error + times;
    const record: CallRecord = { ...ended, call: { ...ended.call, error: sentence, attempts, isDead } };
    const isOurs = await this.#untilReached(() => queue.finish(holder, { record, answer, keepAnswerMs }));
    if (isOurs) observer.asyncEnded(isDead);
    return isOurs;
  }

  /** Does it again while the store cannot be reached: what a function did must not be lost to a moment's trouble. */
  async #untilReached<T>(tell: () => Promise<T>): Promise<T> {
    const { clock, random, givingUp } = this.#options;
    for (let failures = 0; ; failures++) {
      try {
        const told = await tell();
        this.#isTold = true;
        return told;
      } catch (error) {
        if (asFnError(error).code !== "store_unavailable" || givingUp.aborted) throw error;
        await sleep(clock, storeRetryMs(failures, random), givingUp);
      }
    }
  }

  #move(to: HeldState): void {
    const from = this.#state;
    if (!MOVES[from].includes(to)) throw new Error(`a held call cannot go from ${from} to ${to}`);
    this.#state = to;
    this.#options.onMove();
  }
}

/** Of a function that nobody found. */
const NO_RETRIES = { retries: 0, retryDelayS: 0 };

function unrun(error: FnError): RunOutcome {
  return { error, wasRun: false, record: undefined, answer: undefined };
}

/** The record of a call that ends without a run. */
function unrunCall(call: Call, error: FnError | undefined, nowMs: number): Call {
  return {
    ...call,
    status: "error",
    error: error && sentenceOf(error),
    startedAtMs: undefined,
    completedAtMs: nowMs,
    timeline: {},
  };
}
