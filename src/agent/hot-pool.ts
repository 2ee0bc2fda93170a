import type { Logger } from "pino";
import type { CancelSignal } from "../clock/cancel.ts";
import type { Clock, Timer } from "../clock/clock.ts";
import { orAborted } from "../clock/or-aborted.ts";
import { FnError } from "../model/errors.ts";
import type { Evictor } from "./evictor.ts";
import { Experience } from "./experience.ts";
import { IdleContainers } from "./idle-containers.ts";
import type { LaunchSpec } from "./launch-spec.ts";
import type { LaunchError, Launcher } from "./launcher.ts";
import { Launches } from "./launches.ts";
import type { LiveContainer } from "./live-container.ts";
import { isHopeless, retryAfterS } from "./patience.ts";
import { SlotQueue } from "./slot-queue.ts";
import { firstRunMs, type PoolCounts, startsWanted } from "./start-rule.ts";

/** A pool without containers and calls is forgotten after this, or after twice its idle timeout if that is longer. */
const UNUSED_MS = 60 * 60 * 1000;
/** A second look at a line that should be gone by now comes no sooner than this. */
const LOOK_AGAIN_MS_MIN = 20;
/** The same, of a look at a first call that still runs. */
const FIRST_LOOK_MS_MIN = 1;

export interface HotPoolOptions {
  readonly spec: LaunchSpec;
  readonly launcher: Launcher;
  readonly evictor: Evictor<LiveContainer>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly cores: number;
  /** Containers at a time, at most, those in the making included. */
  readonly containersMax: number;
  /** How long a container is idle before it is paused; undefined for never. */
  readonly freezeIdleMs: number | undefined;
  /** Told when the pool has been unused for long and can be forgotten. */
  readonly onUnused: () => void;
}

/**
 * The hot containers of one function configuration, with the calls that wait for them. Every change of a count looks
 * again whether containers should be started; nothing polls.
 */
export class HotPool {
  readonly #options: HotPoolOptions;
  readonly #queue: SlotQueue<LiveContainer>;
  readonly #live = new Set<LiveContainer>();
  readonly #idle: IdleContainers;
  readonly #launches: Launches;
  readonly #works = new Set<Promise<void>>();
  readonly #experience: Experience<LiveContainer>;
  #isStopping = false;
  /** Waits for a container that no call waits for. */
  #prewarm: PromiseWithResolvers<boolean> | undefined;
  #unusedTimer: Timer | undefined;
  #lookAgainTimer: Timer | undefined;

  constructor(options: HotPoolOptions) {
    this.#options = options;
    const { clock, spec } = options;
    this.#queue = new SlotQueue(clock);
    this.#experience = new Experience(clock);
    this.#idle = new IdleContainers({
      ...options,
      idleTimeoutMs: spec.idleTimeoutS * 1000,
      remove: (container) => this.#removeIdle(container),
    });
    this.#launches = new Launches({
      ...options,
      onUp: (container, startMs) => this.#onUp(container, startMs),
      onFailed: (failure) => this.#onLaunchFailed(failure),
      onChange: () => this.#balance(),
    });
  }

  get counts(): PoolCounts {
    return {
      waiting: this.#queue.waiting,
      idle: this.#queue.free,
      busy: this.#live.size - this.#queue.free,
      starting: this.#launches.size,
    };
  }

  /**
   * A slot: the right to run one call in the container that comes back. Waits at most `waitMs`, then rejects with
   * `server_busy`, and earlier when it is known that no slot comes in time; rejects with the signal's reason, and with
   * a LaunchError when containers cannot be started.
   */
  acquire(waitMs: number, signal: CancelSignal): LiveContainer | Promise<LiveContainer> {
    this.#unusedTimer?.cancel();
    const free = this.#takeFree();
    if (!free) return this.#wait(waitMs, signal);
    return free.isPaused ? this.#acquirePaused(free, waitMs, signal) : this.#begin(free);
  }

  async #acquirePaused(paused: LiveContainer, waitMs: number, signal: CancelSignal): Promise<LiveContainer> {
    const beganNs = this.#options.clock.monotonicNs();
    // Nothing is awaited between the last look at the stack and the first step into the line.
    for (let free: LiveContainer | undefined = paused; free; free = this.#takeFree()) {
      if (!free.isPaused || (await this.#wake(free, signal))) return this.#begin(free);
      // It costs the call nothing but the time: it takes another.
      this.#discard(free);
      this.#balance();
    }
    return this.#wait(waitMs - (this.#options.clock.monotonicNs() - beganNs) / 1e6, signal);
  }

  /** Whether it has no container, and none in the making. */
  get isEmpty(): boolean {
    return this.#live.size + this.#launches.size === 0;
  }

  /** Starts a first container though no call waits. Resolves when it is up, or with false when it could not be started. */
  async prewarm(): Promise<boolean> {
    if (!this.isEmpty || this.#isStopping) return false;
    this.#prewarm = Promise.withResolvers();
    const { promise } = this.#prewarm;
    this.#balance();
    return await promise;
  }

  /** Gives a slot back. A container that the call left in doubt is removed. */
  release(container: LiveContainer): void {
    this.#experience.runEnded(container, this.#live.size, this.#queue.waiting > 0);
    this.#pass(container);
  }

  /** Removes all containers. Nobody may hold or wait for a slot any more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#unusedTimer?.cancel();
    this.#lookAgainTimer?.cancel();
    this.#endPrewarm(false);
    const launched = this.#launches.stop();
    for (const container of [...this.#live]) this.#discard(container);
    await launched;
    await Promise.all(this.#works);
  }

  /** To the first in line, or on the stack, or away. */
  #pass(container: LiveContainer): void {
    if (container.isReusable && !this.#isStopping) this.#offer(container);
    else this.#discard(container);
    this.#balance();
  }

  #offer(container: LiveContainer): void {
    if (this.#queue.release(container)) return;
    this.#experience.lineEnded();
    this.#idle.add(container);
  }

  #begin(container: LiveContainer): LiveContainer {
    this.#experience.runBegan(container);
    return container;
  }

  #takeFree(): LiveContainer | undefined {
    for (let free = this.#queue.takeFree(); free; free = this.#queue.takeFree()) {
      this.#idle.delete(free);
      if (free.isReusable) return free;
      this.#discard(free);
    }
    return undefined;
  }

  /** When the caller leaves meanwhile, the container is woken for whoever comes next. */
  async #wake(container: LiveContainer, signal: CancelSignal): Promise<boolean> {
    const woken = container.unpause();
    try {
      return await orAborted(woken, signal);
    } catch (reason) {
      this.#follow(woken.then(() => this.#pass(container)));
      throw reason;
    }
  }

  #wait(waitMs: number, signal: CancelSignal): Promise<LiveContainer> {
    const failure = this.#live.size === 0 ? this.#launches.recentFailure : undefined;
    if (failure) return Promise.reject(failure);
    if (this.#isTooLong(this.#queue.waiting, waitMs)) return Promise.reject(this.#busy(0));
    const slot = this.#queue.wait(waitMs, () => this.#busy(waitMs), signal);
    this.#experience.lineBegan();
    this.#balance();
    // Whoever hands out a slot looks again by itself; whoever leaves the line without one does not.
    return slot.then(this.#onSlot, this.#onNoSlot);
  }

  readonly #onSlot = (container: LiveContainer): LiveContainer => this.#begin(container);

  readonly #onNoSlot = (reason: unknown): never => {
    this.#balance();
    throw reason;
  };

  /** Whether a call with so many before it cannot be served in the time it may still wait. */
  #isTooLong(ahead: number, leftMs: number): boolean {
    const counts = { ...this.counts, waiting: ahead };
    return isHopeless(counts, this.#experience.times, leftMs, () => this.#canGrow());
  }

  #busy(waitedMs: number): FnError {
    return new FnError(
      "server_busy",
      {},
      { retryAfterS: retryAfterS(this.counts, this.#experience.times, waitedMs) },
    );
  }

  /** A container is on its way, or one could be had. */
  #canGrow(): boolean {
    const { containersMax, launcher, spec } = this.#options;
    if (this.#launches.isOneComing) return true;
    return this.#live.size < containersMax && launcher.hasRoomFor(spec);
  }

  #balance(): void {
    if (this.#isStopping) return;
    this.#launches.adjust(this.#startsWanted(), this.#live.size === 0);
    this.#lookAgainLater();
    this.#ageIfUnused();
  }

  #startsWanted(): number {
    const { containersMax, cores, spec } = this.#options;
    const { times, lineAgeMs } = this.#experience;
    const growthPays = this.#experience.growthPays(this.#live.size);
    const line = { ageMs: lineAgeMs, waitMsMax: 500 * spec.timeoutS, growthPays, cores };
    const wanted = Math.max(startsWanted(this.counts, times, line), this.#prewarm ? 1 : 0);
    return Math.min(wanted, Math.max(0, containersMax - this.#live.size));
  }

  /**
   * Calls that wait were expected to be served within the time of a start, by a container or by the next one. If they
   * still wait then, what runs takes longer than it used to, or others follow them, or no container could be had:
   * nothing else would tell. Those who turn out to wait in vain need not wait on.
   */
  #lookAgainLater(): void {
    const { startMs, runMs, stalledMs } = this.#experience.times;
    if (this.#queue.waiting === 0 || this.#lookAgainTimer || startMs === undefined) return;
    // A timer may go off a little before a run that began with it is as old: then only the rest is left to wait for.
    const firstLookMs = Math.max(firstRunMs(startMs) - stalledMs, FIRST_LOOK_MS_MIN);
    const lookMs = runMs === undefined ? firstLookMs : Math.max(startMs, LOOK_AGAIN_MS_MIN);
    this.#lookAgainTimer = this.#options.clock.after(lookMs, () => {
      this.#lookAgainTimer = undefined;
      this.#queue.failLast(
        (ahead, leftMs) => this.#isTooLong(ahead, leftMs),
        () => this.#busy(0),
      );
      this.#balance();
    });
  }

  #onUp(container: LiveContainer, startMs: number): void {
    this.#live.add(container);
    void container.ended.then(() => this.#removeIdle(container));
    this.#experience.started(startMs);
    this.#endPrewarm(true);
    // Nobody has waited for it.
    if (this.#queue.waiting === 0) container.takeLaunchTimes();
    this.#pass(container);
  }

  #endPrewarm(isUp: boolean): void {
    this.#prewarm?.resolve(isUp);
    this.#prewarm = undefined;
  }

  /** With containers alive a call can still be served; without any, everyone who waits learns why not. */
  #onLaunchFailed(failure: LaunchError): void {
    this.#endPrewarm(this.#live.size > 0);
    if (this.#live.size === 0) this.#queue.failAll(failure);
  }

  /** Idle timeout, eviction or its own end: removes it unless a call has taken it, which then decides. */
  async #removeIdle(container: LiveContainer): Promise<void> {
    if (!this.#queue.withdraw(container)) return;
    this.#discard(container);
    this.#balance();
    await container.remove();
  }

  #discard(container: LiveContainer): void {
    this.#idle.delete(container);
    this.#live.delete(container);
    this.#follow(container.remove());
  }

  /** Something that runs on its own, and that `stop` waits for. */
  #follow(work: Promise<void>): void {
    this.#works.add(work);
    void work.then(() => this.#works.delete(work));
  }

  #ageIfUnused(): void {
    const { clock, onUnused, spec } = this.#options;
    this.#unusedTimer?.cancel();
    this.#unusedTimer = undefined;
    const isUnused = this.#live.size + this.#launches.size + this.#queue.waiting === 0;
    if (isUnused) this.#unusedTimer = clock.after(Math.max(UNUSED_MS, 2000 * spec.idleTimeoutS), onUnused);
  }
}
