import type { Logger } from "pino";
import { Alarms } from "../clock/alarms.ts";
import { Chain } from "../clock/chain.ts";
import type { Clock } from "../clock/clock.ts";
import type { Ids } from "../clock/ids.ts";
import type { Driver } from "../driver/driver.ts";
import type { Format } from "../format/format.ts";
import { asFnError, FnError } from "../model/errors.ts";
import type { FnSettings, FormatName } from "../model/fn.ts";
import type { Secrets } from "../model/secrets.ts";
import type { CallStore, FnInApp } from "../store/store.ts";
import { AfterTurn } from "./after-turn.ts";
import { Budget } from "./budget.ts";
import { ColdCalls } from "./cold-calls.ts";
import { Evictor, type Shortage } from "./evictor.ts";
import { Execution, type Submission } from "./execution.ts";
import { HotPool } from "./hot-pool.ts";
import type { LaunchSpec } from "./launch-spec.ts";
import { LaunchError, Launcher } from "./launcher.ts";
import type { LiveContainer } from "./live-container.ts";
import type { LogFeed } from "./log-feed.ts";
import { type MemoryReading, MemoryWatch } from "./memory-capacity.ts";
import type { AgentObserver, AgentState } from "./observer.ts";
import { Prewarmer, type PrewarmOutcome } from "./prewarmer.ts";
import { Recorder } from "./recorder.ts";
import { StartLimiter } from "./start-limiter.ts";

export type { AnswerSink, CallInput, HeaderField } from "../format/format.ts";
export type { CallSink, Submission } from "./execution.ts";
export type { PrewarmOutcome } from "./prewarmer.ts";

export interface AgentOptions {
  readonly driver: Driver;
  readonly formatOf: (name: FormatName) => Format;
  /** Where calls are recorded; undefined when those whose callers wait are not. */
  readonly calls: CallStore | undefined;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** What functions see as `HOSTNAME`. */
  readonly nodeName: string;
  /** Memory that containers may have in all, in MiB; with `readMemory`, to begin with. */
  readonly memoryMib: number;
  /** Asked every few seconds what the machine has, which then decides; undefined when `memoryMib` was chosen. */
  readonly readMemory: (() => MemoryReading) | undefined;
  /** Cpu that containers with a share of their own may have in all, in thousandths. */
  readonly cpusMilli: number;
  /** Cores of the machine: about as many containers start at a time. */
  readonly cores: number;
  /** Containers that one function may have at a time; 0 for as many as fit. */
  readonly containersPerFnMax: number;
  /** How long a container is idle before it is paused, in milliseconds; negative for never. */
  readonly freezeIdleMs: number;
  /** From the start of a container until it can take a call, in milliseconds. */
  readonly initTimeoutMs: number;
  /** Opens what is kept sealed, for the environment of a container. Errors: `secret_unreadable`. */
  readonly openSecrets: (secrets: Secrets) => Readonly<Record<string, string>>;
  readonly observer: AgentObserver;
  /** Told what functions log, as they do. */
  readonly logFeed?: LogFeed;
}

/** Turns calls into executions on this machine: finds or makes a container for each, within the memory there is. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #pools = new Map<string, HotPool>();
  readonly #memory: Budget;
  readonly #memoryWatch: MemoryWatch | undefined;
  readonly #cpus: Budget;
  readonly #evictor: Evictor<LiveContainer>;
  readonly #starts: StartLimiter;
  readonly #launcher: Launcher;
  readonly #coldCalls: ColdCalls;
  readonly #prewarmer: Prewarmer;
  readonly #recorder: Recorder | undefined;
  /** Of one function. */
  readonly #containersMax: number;
  /** Calls, and what is left to do after their answers. */
  #active = 0;
  #stopping: Promise<void> | undefined;
  #onQuiet: (() => void) | undefined;
  readonly #executions = new Chain<Execution>();
  readonly #deadlines: Alarms;
  readonly #afterTurn = new AfterTurn();
  /** Calls that were answered and whose log is not whole yet. */
  readonly #settling = new Set<Promise<void>>();

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#deadlines = new Alarms(options.clock);
    this.#containersMax = options.containersPerFnMax || Number.POSITIVE_INFINITY;
    const relieve = () => this.#evictor.relieve();
    this.#memory = new Budget(options.memoryMib, relieve);
    this.#cpus = new Budget(options.cpusMilli, relieve);
    this.#evictor = new Evictor(() => shortageOf(this.#memory, this.#cpus));
    this.#memoryWatch = watchMemory(options, this.#memory);
    this.#starts = new StartLimiter(options);
    this.#launcher = new Launcher({
      ...options,
      memory: this.#memory,
      cpus: this.#cpus,
      starts: this.#starts,
      idle: () => this.#evictor.idle,
    });
    this.#coldCalls = new ColdCalls({
      launcher: this.#launcher,
      clock: options.clock,
      containersMax: this.#containersMax,
    });
    this.#prewarmer = new Prewarmer({
      ...options,
      launcher: this.#launcher,
      peekPool: (spec) => this.#pools.get(spec.key),
      poolOf: (spec) => this.#poolOf(spec),
    });
    const { calls, clock, log } = options;
    this.#recorder = calls && new Recorder({ calls, clock, log });
  }

  /** How things stand now. */
  get state(): AgentState {
    const cold = this.#coldCalls.counts;
    const containers = { starting: 0, idle: 0, busy: cold.busy };
    let waiting = cold.waiting;
    for (const pool of this.#pools.values()) {
      const counts = pool.counts;
      waiting += counts.waiting;
      containers.starting += counts.starting;
      containers.idle += counts.idle;
      containers.busy += counts.busy;
    }
    return {
      waiting,
      containers,
      memoryUsedMib: this.#memory.used,
      memoryMib: this.#memory.capacity,
      memoryIdleMib: this.#evictor.idle.memoryMib,
      startsWaiting: this.#memory.waiting + this.#cpus.waiting,
      startsMax: this.#starts.max,
      recordsDropped: this.#recorder?.dropped ?? 0,
    };
  }

  /**
   * Runs a call to its end, or to the end of its time. Resolves when the whole answer is in the sink; rejects with an
   * FnError. Either way the call is recorded, a moment later; but not when the agent takes no more calls
   * (`server_stopping`).
   */
  async submit(submission: Submission): Promise<void> {
    if (this.#stopping) throw new FnError("server_stopping");
    const { called, cancel } = submission;
    const execution = new Execution(submission, this.#options.logFeed);
    this.#options.observer.callSubmitted(execution.spec);
    const nowNs = this.#options.clock.monotonicNs();
    const leftMs = 1000 * called.fn.timeoutS - (nowNs - submission.createdAtNs) / 1e6;
    const deadline = this.#deadlines.after(leftMs, nowNs, () => cancel.abort(new FnError("call_timeout")));
    this.#active++;
    this.#executions.append(execution);
    let error: FnError | undefined;
    try {
      await (called.fn.format === "default" ? this.#runCold(execution) : this.#runHot(execution));
    } catch (thrown) {
      error = this.#errorOf(thrown, execution);
      throw error;
    } finally {
      deadline.cancel();
      this.#executions.remove(execution);
      this.#finish(execution, error);
    }
  }

  /**
   * Has the function's image pulled and a first container of it started, behind those that were asked for before, as far as
   * memory is free. Undefined when there is nothing to do: it has a container, or one is on its way, or too many wait.
   */
  prewarm(called: FnInApp): Promise<PrewarmOutcome> | undefined {
    return this.#prewarmer.warm(called);
  }

  /** What an image says of itself. Errors: as the driver's `prepare`. */
  async imageSettings(image: string, signal: AbortSignal): Promise<Partial<FnSettings>> {
    return await this.#options.driver.prepare(image, signal);
  }

  /** Resolves when every call that was answered is stored, or could not be. */
  async flushCalls(): Promise<void> {
    // Answered in this turn or before: their records are made at the end of it.
    if (this.#afterTurn.size > 0) await new Promise<void>((resolve) => this.#afterTurn.run(resolve));
    await Promise.all(this.#settling);
    await this.#recorder?.flush();
  }

  /**
   * Takes no more calls, lets those that were taken end, and after `graceMs` ends them itself; then removes all
   * containers and stores what is left to record. The driver is closed by whoever opened it.
   */
  stop(graceMs: number): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    const grace = this.#options.clock.after(graceMs, () => {
      for (const { submission } of this.#executions.members()) {
        submission.cancel.abort(new FnError("server_stopping"));
      }
    });
    if (this.#active > 0) {
      await new Promise<void>((resolve) => {
        this.#onQuiet = resolve;
      });
    }
    grace.cancel();
    this.#prewarmer.stop();
    this.#memoryWatch?.stop();
    await Promise.all([...this.#pools.values()].map((pool) => pool.stop()));
    await this.#recorder?.stop();
  }

  async #runHot(execution: Execution): Promise<void> {
    const { spec, log } = execution;
    const { cancel, input, sink } = execution.submission;
    const pool = this.#poolOf(spec);
    const slot = pool.acquire(this.#slotWaitMs(execution), cancel.signal);
    const container = slot instanceof Promise ? await slot : slot;
    execution.container = container;
    try {
      this.#onStarted(execution, container);
      await container.run(input, sink, log, cancel);
    } finally {
      // The answer need not wait for this. And stderr written before the answer is read in this turn of the event
      // loop at the latest, or comes a moment later: the next call must not begin before.
      this.#afterThisTurn(() => {
        const arrival = container.untilLogArrives();
        if (arrival) return arrival.then(() => pool.release(container));
        pool.release(container);
      });
    }
  }

  async #runCold(execution: Execution): Promise<void> {
    const { spec, log } = execution;
    const { cancel, input, sink } = execution.submission;
    const env = this.#options.formatOf(spec.format).callEnv(input);
    const container = await this.#coldCalls.acquire(spec, env, this.#slotWaitMs(execution), cancel.signal);
    try {
      this.#onStarted(execution, container);
      await container.runToExit(input, sink, log, cancel);
    } finally {
      // The answer does not wait for the removal.
      this.#afterThisTurn(() => this.#coldCalls.release(container));
    }
  }

  /** Half of the timeout may be spent on waiting; what is left of it, in milliseconds. */
  #slotWaitMs({ submission: { called, createdAtNs } }: Execution): number {
    return 500 * called.fn.timeoutS - (this.#options.clock.monotonicNs() - createdAtNs) / 1e6;
  }

  #onStarted(execution: Execution, container: LiveContainer): void {
    const { clock, observer } = this.#options;
    const nowNs = clock.monotonicNs();
    const { sink, createdAtNs } = execution.submission;
    const waitNs = nowNs - createdAtNs;
    const timeline = execution.began(container, clock.nowMs(), nowNs);
    observer.callStarted(execution.spec, waitNs / 1e6);
    sink.started(waitNs, timeline);
  }

  #poolOf(spec: LaunchSpec): HotPool {
    let pool = this.#pools.get(spec.key);
    if (!pool) {
      const onUnused = () => this.#pools.delete(spec.key);
      const { clock, log, cores, freezeIdleMs } = this.#options;
      pool = new HotPool({
        spec,
        launcher: this.#launcher,
        evictor: this.#evictor,
        clock,
        log,
        cores,
        containersMax: this.#containersMax,
        freezeIdleMs: freezeIdleMs < 0 ? undefined : freezeIdleMs,
        onUnused,
      });
      this.#pools.set(spec.key, pool);
    }
    return pool;
  }

  #errorOf(thrown: unknown, { log, spec, submission: { input } }: Execution): FnError {
    if (thrown instanceof LaunchError) {
      log.append(Buffer.from(thrown.log));
      return thrown.reason;
    }
    const error = asFnError(thrown);
    if (error.code === "internal") {
      this.#options.log.error(
        { err: thrown, app: spec.appName, path: spec.path, call: input.callId },
        "a call broke",
      );
    }
    return error;
  }

  /** Records the call, once its log is whole. */
  #finish(execution: Execution, error: FnError | undefined): void {
    const { container, log, spec, submission } = execution;
    const { clock, logFeed, observer } = this.#options;
    const nowNs = clock.monotonicNs();
    const call = execution.ended(clock.nowMs(), nowNs, error);
    observer.callEnded(spec, call.status, execution.runMs(nowNs));
    this.#afterThisTurn(() => {
      const record = () => {
        container?.closeLog(log);
        if (submission.record) submission.record(call, log);
        else this.#recorder?.record({ call, log: log.text() });
        logFeed?.close(log, call);
      };
      const isWhole = container?.untilLogIsWhole(log);
      if (isWhole) return this.#recordLater(isWhole, record);
      record();
    });
    this.#active--;
    this.#checkQuiet();
  }

  /** The rest of its log may still be on its way. */
  #recordLater(isWhole: Promise<void>, record: () => void): Promise<void> {
    const recorded = isWhole.then(() => {
      record();
      this.#settling.delete(recorded);
    });
    this.#settling.add(recorded);
    return recorded;
  }

  /** Does something in a moment, and counts as active until it is done. */
  #afterThisTurn(action: () => void | Promise<void>): void {
    this.#active++;
    this.#afterTurn.run(() => {
      const done = action();
      if (done) void done.finally(this.#onDone);
      else this.#onDone();
    });
  }

  readonly #onDone = (): void => {
    this.#active--;
    this.#checkQuiet();
  };

  #checkQuiet(): void {
    if (this.#active === 0) this.#onQuiet?.();
  }
}

function shortageOf(memory: Budget, cpus: Budget): Shortage {
  const missing = { memoryMib: memory.shortage, cpusMilli: cpus.shortage };
  return { ...missing, excessMib: Math.max(0, -memory.free) };
}

function watchMemory({ clock, readMemory }: AgentOptions, memory: Budget): MemoryWatch | undefined {
  return (
    readMemory &&
    new MemoryWatch({
      clock,
      read: readMemory,
      reservedMib: () => memory.used,
      onCapacity: (capacityMib) => memory.resize(capacityMib),
    })
  );
}
