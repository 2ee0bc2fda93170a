import type { Logger } from "pino";
import { type Clock, within } from "../clock/clock.ts";
import type { Ids } from "../clock/ids.ts";
import type { Container, Driver } from "../driver/driver.ts";
import type { Format, Session } from "../format/format.ts";
import { asFnError, FnError } from "../model/errors.ts";
import type { FormatName } from "../model/fn.ts";
import type { Secrets } from "../model/secrets.ts";
import type { Budget, Release } from "./budget.ts";
import { CallLog } from "./call-log.ts";
import type { Holding } from "./evictor.ts";
import type { LaunchSpec } from "./launch-spec.ts";
import { LiveContainer } from "./live-container.ts";
import type { AgentObserver } from "./observer.ts";
import type { StartLimiter, Turn } from "./start-limiter.ts";
import { StderrTap } from "./stderr-tap.ts";

/** How long a container that failed to start may still be heard. */
const LOG_GRACE_MS = 50;

export interface LauncherOptions {
  readonly driver: Driver;
  readonly formatOf: (name: FormatName) => Format;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly nodeName: string;
  /** In MiB. */
  readonly memory: Budget;
  /** In thousandths of a cpu. */
  readonly cpus: Budget;
  readonly starts: StartLimiter;
  /** What idle containers hold, and would give up for another function. */
  readonly idle: () => Holding;
  /** From the start of a container until it can take a call, in milliseconds. */
  readonly initTimeoutMs: number;
  readonly openSecrets: (secrets: Secrets) => Readonly<Record<string, string>>;
  readonly observer: AgentObserver;
}

/** Whom a launch is for. */
export interface LaunchRequest {
  readonly spec: LaunchSpec;
  /** The function has no container yet: it goes first in its turn. */
  readonly isFirst: boolean;
  readonly signal: AbortSignal;
  /** Told when memory and cpu are reserved: only the turn to start is left to wait for. */
  readonly onReserved?: () => void;
}

/** What a launch has been granted; whoever has it uses it or gives it back. */
export interface Admission {
  /** Memory and cpu: held until the container is gone. */
  readonly releaseHolding: Release;
  /** Held until the container is up. */
  readonly turn: Turn;
  /** How long it took until the image was there. */
  readonly pullMs: number;
  /** Both, unused. */
  giveBack(): void;
}

/** Why a container did not come up, with what it wrote to its log until then. */
export class LaunchError extends Error {
  override readonly name = "LaunchError";
  readonly reason: FnError;
  readonly log: string;

  constructor(reason: FnError, log: string) {
    super(reason.message, { cause: reason });
    this.reason = reason;
    this.log = log;
  }
}

/** Brings containers up: image, memory, a turn to start, and then the container until its session is open. */
export class Launcher {
  readonly #options: LauncherOptions;

  constructor(options: LauncherOptions) {
    this.#options = options;
  }

  /** Whether memory and cpu for another container are free now, and nobody waits for any. */
  isFree({ memoryMib, cpusMilli }: LaunchSpec): boolean {
    const { memory, cpus } = this.#options;
    const isWanted = memory.waiting + cpus.waiting > 0;
    return !isWanted && memory.free >= memoryMib && cpus.free >= cpusMilli;
  }

  /** Whether memory and cpu for another container are free, or would be if idle ones made room. */
  hasRoomFor({ memoryMib, cpusMilli }: LaunchSpec): boolean {
    const { memory, cpus, idle } = this.#options;
    const held = idle();
    return memory.free + held.memoryMib >= memoryMib && cpus.free + held.cpusMilli >= cpusMilli;
  }

  /**
   * Waits for all that a start needs. The image comes first: a slow pull must not hold memory. Rejects with the
   * signal's reason, with `resources_impossible`, and with the driver's errors about the image.
   */
  async admit({ spec, isFirst, signal, onReserved }: LaunchRequest): Promise<Admission> {
    const { clock, driver, memory, cpus, starts } = this.#options;
    const pull = stopwatch(clock);
    await driver.prepare(spec.image, signal);
    const pullMs = pull();
    // Always in this order, so that no two launches wait for what the other has.
    const held: Release[] = [];
    const releaseHolding = () => {
      for (const release of held.splice(0)) release();
    };
    try {
      held.push(await memory.acquire(spec.memoryMib, spec.key, signal));
      if (spec.cpusMilli > 0) held.push(await cpus.acquire(spec.cpusMilli, spec.key, signal));
      onReserved?.();
      const turn = await starts.acquire(spec.key, isFirst, signal);
      const giveBack = () => {
        turn.end(false);
        releaseHolding();
      };
      return { releaseHolding, turn, pullMs, giveBack };
    } catch (error) {
      releaseHolding();
      throw error;
    }
  }

  /**
   * Starts a container under an admission, which it takes over. `callEnv` is for a cold one. Rejects with a
   * LaunchError. Nobody waits until what was begun is undone: it goes on by itself, and keeps its memory until then.
   */
  async start(
    spec: LaunchSpec,
    { releaseHolding, turn, pullMs }: Admission,
    callEnv: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<LiveContainer> {
    const { clock, observer } = this.#options;
    const whole = stopwatch(clock);
    const step = stopwatch(clock);
    const startLog = new CallLog();
    let container: Container | undefined;
    let tap: StderrTap | undefined;
    try {
      const format = this.#options.formatOf(spec.format);
      container = await this.#create(spec, format, callEnv, signal);
      const createMs = step();
      const logs = format.channel === "socket" ? [container.stdout, container.stderr] : [container.stderr];
      tap = new StderrTap(logs, (part) => this.#logStray(spec, part));
      tap.creditTo(startLog);
      await container.start(signal);
      const startMs = step();
      const session = await this.#open(format, container, signal);
      const launchTimes = { pull: pullMs, create: createMs, start: startMs, init: step() };
      tap.release(startLog);
      turn.end(true);
      observer.containerStarted(whole());
      return new LiveContainer({
        container,
        session,
        tap,
        holding: spec,
        release: releaseHolding,
        launchTimes,
        clock,
      });
    } catch (error) {
      observer.containerFailed();
      // What it said last often says why it did not come up.
      if (tap) await within(clock, LOG_GRACE_MS, tap.ended);
      if (container) void container.remove().then(releaseHolding);
      else releaseHolding();
      throw new LaunchError(asFnError(error), startLog.text());
    } finally {
      turn.end(false);
    }
  }

  async #create(
    spec: LaunchSpec,
    format: Format,
    callEnv: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Container> {
    const { driver, ids, nodeName, openSecrets } = this.#options;
    return await driver.create(
      {
        id: ids.next(),
        appId: spec.appId,
        image: spec.image,
        env: { ...spec.env, ...openSecrets(spec.secrets), ...callEnv },
        hostname: nodeName,
        memoryMib: spec.memoryMib,
        cpusMilli: spec.cpusMilli,
        channel: format.channel,
      },
      signal,
    );
  }

  /** Opens the session, unless the container ends first or takes too long. */
  async #open(format: Format, container: Container, signal: AbortSignal): Promise<Session> {
    const { clock, initTimeoutMs } = this.#options;
    const cancel = new AbortController();
    const onAbort = () => cancel.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = clock.after(initTimeoutMs, () => cancel.abort(new FnError("container_init_timeout")));
    let isOpen = false;
    // A hot function that answers nothing and exits is found out by the call; one with a socket has none yet.
    if (format.channel === "socket") {
      void container.exited.then(({ code, signal: by }) => {
        const hint = `it ended with ${by ?? `exit code ${code}`} before it listened on FN_LISTENER`;
        if (!isOpen) cancel.abort(new FnError("container_init_failed", {}, { hint }));
      });
    }
    try {
      const session = await format.open(container, cancel.signal);
      isOpen = true;
      return session;
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
    }
  }

  #logStray(spec: LaunchSpec, part: Uint8Array): void {
    const { log } = this.#options;
    if (!log.isLevelEnabled("debug")) return;
    const text = Buffer.from(part).toString("utf8");
    log.debug({ app: spec.appName, path: spec.path, text }, "a container logged between calls");
  }
}

/** Gives the milliseconds since it was made, or since it was last asked. */
function stopwatch(clock: Clock): () => number {
  let sinceNs = clock.monotonicNs();
  return () => {
    const nowNs = clock.monotonicNs();
    const ms = (nowNs - sinceNs) / 1e6;
    sinceNs = nowNs;
    return ms;
  };
}
