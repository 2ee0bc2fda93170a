import { constants } from "node:os";
import type { Canceller } from "../clock/cancel.ts";
import { type Clock, sleep, within } from "../clock/clock.ts";
import { orAborted } from "../clock/or-aborted.ts";
import type { Container, Exit } from "../driver/driver.ts";
import type { AnswerSink, CallInput, Session } from "../format/format.ts";
import type { Timeline } from "../model/call.ts";
import { FnError } from "../model/errors.ts";
import type { Release } from "./budget.ts";
import { type CallLog, settled } from "./call-log.ts";
import type { Holding } from "./evictor.ts";
import type { StderrTap } from "./stderr-tap.ts";

/**
 * How long the end of a container and the end of its streams may lie apart. The exit usually comes first while the
 * last bytes are still in the pipe; or never, when a process it left behind holds the pipe open.
 */
const EXIT_GRACE_MS = 100;

/** How long the runtime may take to pause or unpause a container; one that takes longer is not used again. */
const PAUSE_MS_MAX = 5000;

/**
 *     running ──pause──► paused ──unpause──► running
 *        └─────── failed, or too slow ───────► stuck
 */
type Motion = "running" | "paused" | "stuck";

export interface LiveContainerParts {
  readonly container: Container;
  readonly session: Session;
  readonly tap: StderrTap;
  /** What it holds, and what gives that back. */
  readonly holding: Holding;
  readonly release: Release;
  readonly launchTimes: Timeline;
  readonly clock: Clock;
}

/**
 * How long the end of a container may be in coming after that of its answer. A busy engine takes most of a second to
 * tell of it.
 */
const EXIT_WAIT_MS = 2_000;

/** A container that has logged nothing in so many calls in a row is taken for one that does not log. */
const SILENT_CALLS = 10;

/**
 * Where nothing has come it is waited for so many times longer: an engine that starts other containers meanwhile is late. In
 * its first call nobody knows whether a container logs; where it has just done so, it is worth more to wait.
 */
const FIRST_WAITS_MAX = 3;
const LATE_WAITS_MAX = 10;

/** A container that takes calls: from the moment its session is open until it is removed. */
export class LiveContainer implements Holding {
  readonly memoryMib: number;
  readonly cpusMilli: number;
  /** Resolves when the container has ended, whatever the reason. */
  readonly ended: Promise<Exit>;
  readonly #parts: LiveContainerParts;
  #launchTimes: Timeline;
  #exit: Exit | undefined;
  #call: Canceller | undefined;
  /** Of the last call, or of the one that runs. */
  #log: CallLog | undefined;
  /** Calls before that one, in a row, that have logged nothing; undefined in the first one. */
  #silentCalls: number | undefined;
  #removed: Promise<void> | undefined;
  #motion: Motion = "running";
  /** The last pause or unpause; the next one waits for it. */
  #moving: Promise<boolean> = Promise.resolve(true);

  constructor(parts: LiveContainerParts) {
    this.#parts = parts;
    this.memoryMib = parts.holding.memoryMib;
    this.cpusMilli = parts.holding.cpusMilli;
    this.#launchTimes = parts.launchTimes;
    this.ended = parts.container.exited;
    void this.ended.then((exit) => this.#onExit(exit));
  }

  /** Whether another call may use it: it runs, and the last call left nothing behind. */
  get isReusable(): boolean {
    const isAlive = this.#exit === undefined && this.#removed === undefined;
    return isAlive && this.#motion !== "stuck" && this.#parts.session.isReusable;
  }

  /** It takes no call before `unpause`. True from the moment `pause` is called. */
  get isPaused(): boolean {
    return this.#motion === "paused";
  }

  /** Stops its processes where they are. False, and it is not reusable any more, when it could not be paused in time. */
  pause(): Promise<boolean> {
    return this.#move("running", "paused", () => this.#parts.container.pause());
  }

  /** The other way. */
  unpause(): Promise<boolean> {
    return this.#move("paused", "running", () => this.#parts.container.unpause());
  }

  #move(from: Motion, to: Motion, step: () => Promise<void>): Promise<boolean> {
    if (this.#motion !== from) throw new Error(`a container that is ${this.#motion} cannot become ${to}`);
    this.#motion = to;
    const { clock } = this.#parts;
    const done = this.#moving.then(
      async (isReady) => isReady && (await within(clock, PAUSE_MS_MAX, succeeds(step()))),
    );
    this.#moving = done.then((isDone) => {
      if (!isDone) this.#motion = "stuck";
      return isDone === true;
    });
    return this.#moving;
  }

  /** How long its start took: for the first call that asks, since only that one has waited for it. */
  takeLaunchTimes(): Timeline {
    const times = this.#launchTimes;
    this.#launchTimes = {};
    return times;
  }

  /**
   * Runs one call. Rejects with an FnError that says what went wrong, or the reason with which `cancel` was aborted.
   * What is logged goes on belonging to the call until the next one, or until `closeLog`.
   */
  async run(input: CallInput, sink: AnswerSink, log: CallLog, cancel: Canceller): Promise<void> {
    this.#call = cancel;
    this.#countSilence(log);
    this.#parts.tap.creditTo(log);
    try {
      await this.#parts.session.exchange(input, sink, cancel.signal);
    } catch (error) {
      sink.failing?.();
      throw await this.#explain(error);
    } finally {
      this.#call = undefined;
    }
  }

  /** Runs the one call of a cold container: it succeeds when the container ends with exit code 0. */
  async runToExit(input: CallInput, sink: AnswerSink, log: CallLog, cancel: Canceller): Promise<void> {
    await this.run(input, sink, log, cancel);
    const exit = await orAborted(this.ended, cancel.signal);
    await this.#restOfLog();
    if (exit.code !== 0) throw exitError(exit);
  }

  /**
   * After a call: resolves when the next one can begin without being credited with what this one has logged, which may
   * come later than the answer. Undefined when that is now, as it is for a container that does not log.
   */
  untilLogArrives(): Promise<void> | undefined {
    const log = this.#log;
    return log && this.isReusable && this.#mayLogLate(log) ? this.#arrival(log) : undefined;
  }

  /** Whether bytes of its log may come after the answer: they can, and the container is one that logs. */
  #mayLogLate(log: CallLog): boolean {
    if (this.#parts.container.logDelayMs === 0) return false;
    return log.bytes > 0 || (this.#silentCalls ?? 0) < SILENT_CALLS;
  }

  async #arrival(log: CallLog): Promise<void> {
    const { clock, container } = this.#parts;
    const waitsMax = this.#silentCalls === undefined ? FIRST_WAITS_MAX : LATE_WAITS_MAX;
    for (let waits = 1; ; waits++) {
      await sleep(clock, container.logDelayMs);
      // What has come meanwhile is read in this turn of the event loop, after its timers.
      await new Promise((resolve) => setImmediate(resolve));
      const isExpected = this.#log === log && (this.#silentCalls ?? 0) === 0;
      if (log.bytes > 0 || !isExpected || waits === waitsMax || !this.isReusable) return;
    }
  }

  /** After a call: resolves when its log can be taken as whole. Undefined when it can be now. */
  untilLogIsWhole(log: CallLog): Promise<void> | undefined {
    const { clock } = this.#parts;
    if (this.#mayLogLate(log)) return this.#arrival(log).then(() => settled(log, clock));
    return log.bytes > 0 ? settled(log, clock) : undefined;
  }

  /** What still comes belongs to no call. */
  closeLog(log: CallLog): void {
    this.#parts.tap.release(log);
  }

  #countSilence(log: CallLog): void {
    const last = this.#log;
    this.#log = log;
    if (last === undefined) return;
    // One that has logged nothing in its first call is taken for one that does not log.
    this.#silentCalls = last.bytes > 0 ? 0 : (this.#silentCalls ?? SILENT_CALLS - 1) + 1;
  }

  /** Ends and removes it, and gives back what it held after that. May be called twice; never rejects. */
  remove(): Promise<void> {
    this.#removed ??= this.#remove();
    return this.#removed;
  }

  async #remove(): Promise<void> {
    this.#parts.session.close();
    await this.#parts.container.remove();
    this.#parts.release();
  }

  #onExit(exit: Exit): void {
    this.#exit = exit;
    const call = this.#call;
    if (!call) return;
    // The rest of the answer may still be in the pipe; if its end does not come either, nothing will.
    this.#parts.clock.after(EXIT_GRACE_MS, () => {
      if (this.#call === call) call.abort(exitError(exit));
    });
  }

  /** An answer that was cut says little: the exit behind it, which may come a moment later, says why. */
  async #explain(error: unknown): Promise<unknown> {
    if (!(error instanceof FnError) || error.code !== "answer_cut") return error;
    const { clock } = this.#parts;
    const exit = this.#exit ?? (await within(clock, EXIT_WAIT_MS, this.ended));
    if (!exit) return error;
    await this.#restOfLog();
    return exitError(exit);
  }

  /** What it said last often says why it ended. */
  async #restOfLog(): Promise<void> {
    await within(this.#parts.clock, EXIT_GRACE_MS, this.#parts.tap.ended);
  }
}

async function succeeds(step: Promise<void>): Promise<boolean> {
  try {
    await step;
    return true;
  } catch {
    return false;
  }
}

/** The error of a container that ended while it should have answered. */
function exitError(exit: Exit): FnError {
  if (exit.outOfMemory) return new FnError("container_out_of_memory");
  return new FnError("container_exited", { exit: exit.code ?? shellCode(exit.signal) });
}

/** The code that a shell reports for a signal: 128 and its number. */
function shellCode(signal: string | undefined): number {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return 128 + (numbers[signal ?? ""] ?? 0);
}
