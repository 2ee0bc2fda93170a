import type { Logger } from "pino";
import type { Clock, Timer } from "../clock/clock.ts";
import { asFnError, FnError } from "../model/errors.ts";
import type { Evictor } from "./evictor.ts";
import type { LaunchSpec } from "./launch-spec.ts";
import { LaunchError, type Launcher } from "./launcher.ts";
import type { LiveContainer } from "./live-container.ts";
import { SlotQueue } from "./slot-queue.ts";
import { type PoolCounts, type PoolTimes, startsWanted } from "./start-rule.ts";

/** A pool without containers and calls is forgotten after this, or after twice its idle timeout if that is longer. */
const UNUSED_MS = 60 * 60 * 1000;
/** After a failed start, while other containers serve: how long until the next try. */
const START_RETRY_MS = 1000;

export interface HotPoolOptions {
  readonly spec: LaunchSpec;
  readonly launcher: Launcher;
  readonly evictor: Evictor<LiveContainer>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told when the pool has been unused for long and can be forgotten. */
  readonly onUnused: () => void;
}

/** A second look at a line that should be gone by now comes no sooner than this. */
const LOOK_AGAIN_MS_MIN = 20;
/** However long the line is, a caller may look again after this. */
const RETRY_AFTER_S_MAX = 60;
/** How much the newest sample moves an average: enough to follow a change within a few calls. */
const NEWEST_WEIGHT = 0.3;

interface Launch {
  readonly cancel: AbortController;
  /** True while it waits for the image, for memory or for its turn: until then it can be taken back. */
  isWaiting: boolean;
}

/**
 * The hot containers of one function configuration, with the calls that wait for them. Every change of a count looks
 * again whether containers should be started; nothing polls.
 */
export class HotPool {
  readonly #options: HotPoolOptions;
  readonly #queue: SlotQueue<LiveContainer>;
  readonly #live = new Set<LiveContainer>();
  readonly #idleTimers = new Map<LiveContainer, Timer>();
  readonly #launches = new Set<Launch>();
  readonly #works = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  /** When each container with a call got it, in monotonic ns; the oldest first. */
  readonly #busySinceNs = new Map<LiveContainer, number>();
  #runMs: number | undefined;
  #startMs: number | undefined;
  #unusedTimer: Timer | undefined;
  #retryTimer: Timer | undefined;
  #lookAgainTimer: Timer | undefined;

  constructor(options: HotPoolOptions) {
    this.#options = options;
    this.#queue = new SlotQueue(options.clock);
  }

  get counts(): PoolCounts {
    return {
      waiting: this.#queue.waiting,
      idle: this.#queue.free,
      busy: this.#live.size - this.#queue.free,
      starting: this.#launches.size,
    };
  }

  get times(): PoolTimes {
    const [oldestNs] = this.#busySinceNs.values();
    const oldestRunMs = oldestNs === undefined ? 0 : (this.#options.clock.monotonicNs() - oldestNs) / 1e6;
    return { runMs: this.#runMs, startMs: this.#startMs, oldestRunMs };
  }

  /**
   * A slot: the right to run one call in the container that comes back. Waits at most `waitMs`, then rejects with
   * `server_busy`; rejects with the signal's reason, and with a LaunchError when containers cannot be started.
   */
  async acquire(waitMs: number, signal: AbortSignal): Promise<LiveContainer> {
    this.#unusedTimer?.cancel();
    const container = this.#takeFree() ?? (await this.#wait(waitMs, signal));
    this.#busySinceNs.set(container, this.#options.clock.monotonicNs());
    return container;
  }

  /** Gives a slot back. A container that the call left in doubt is removed. */
  release(container: LiveContainer): void {
    const sinceNs = this.#busySinceNs.get(container);
    this.#busySinceNs.delete(container);
    if (sinceNs !== undefined) this.#runMs = this.#average(this.#runMs, sinceNs);
    this.#pass(container);
  }

  /** To the first in line, or on the stack, or away. */
  #pass(container: LiveContainer): void {
    if (container.isReusable && !this.#stopping.signal.aborted) this.#offer(container);
    else this.#discard(container);
    this.#balance();
  }

  /** Removes all containers. Nobody may hold or wait for a slot any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#unusedTimer?.cancel();
    this.#retryTimer?.cancel();
    this.#lookAgainTimer?.cancel();
    for (const launch of this.#launches) launch.cancel.abort();
    for (const container of [...this.#live]) this.#discard(container);
    await Promise.all(this.#works);
  }

  #takeFree(): LiveContainer | undefined {
    for (let free = this.#queue.takeFree(); free; free = this.#queue.takeFree()) {
      this.#leaveIdle(free);
      if (free.isReusable) return free;
      this.#discard(free);
    }
    return undefined;
  }

  async #wait(waitMs: number, signal: AbortSignal): Promise<LiveContainer> {
    const slot = this.#queue.wait(waitMs, () => this.#busy(), signal);
    this.#balance();
    try {
      return await slot;
    } finally {
      this.#balance();
    }
  }

  /** Worth trying again when the line that is here now should be gone. */
  #busy(): FnError {
    const { waiting, idle, busy } = this.counts;
    const lineMs = this.#runMs === undefined ? undefined : (waiting * this.#runMs) / Math.max(idle + busy, 1);
    const retryAfterS =
      lineMs === undefined ? undefined : Math.min(Math.max(Math.ceil(lineMs / 1000), 1), RETRY_AFTER_S_MAX);
    return new FnError("server_busy", {}, { retryAfterS });
  }

  #average(averageMs: number | undefined, sinceNs: number): number {
    const newestMs = (this.#options.clock.monotonicNs() - sinceNs) / 1e6;
    return averageMs === undefined ? newestMs : averageMs + NEWEST_WEIGHT * (newestMs - averageMs);
  }

  #balance(): void {
    if (this.#stopping.signal.aborted) return;
    const wanted = this.#retryTimer ? 0 : startsWanted(this.counts, this.times);
    while (this.#launches.size < wanted) this.#launch();
    for (const launch of [...this.#launches].reverse()) {
      if (this.#launches.size <= wanted) break;
      if (launch.isWaiting) this.#takeBack(launch);
    }
    this.#lookAgainLater();
    this.#ageIfUnused();
  }

  /**
   * Calls that wait without a container being started for them were expected to be served within the time of a start.
   * If they still wait then, what runs takes longer than it used to, and nothing else would tell.
   */
  #lookAgainLater(): void {
    const isCovered = this.#launches.size >= this.#queue.waiting;
    if (isCovered || this.#lookAgainTimer || this.#startMs === undefined) return;
    this.#lookAgainTimer = this.#options.clock.after(Math.max(this.#startMs, LOOK_AGAIN_MS_MIN), () => {
      this.#lookAgainTimer = undefined;
      this.#balance();
    });
  }

  #launch(): void {
    const launch: Launch = { cancel: new AbortController(), isWaiting: true };
    // Counted before anything is awaited: two looks in a row must not start two containers for one call.
    this.#launches.add(launch);
    this.#follow(this.#bringUp(launch).then(() => this.#balance()));
  }

  #takeBack(launch: Launch): void {
    this.#launches.delete(launch);
    launch.cancel.abort();
  }

  async #bringUp(launch: Launch): Promise<void> {
    const { launcher, spec } = this.#options;
    try {
      const admission = await launcher.admit(spec, launch.cancel.signal);
      launch.isWaiting = false;
      const beganNs = this.#options.clock.monotonicNs();
      const container = await launcher.start(spec, admission, {}, this.#stopping.signal);
      this.#launches.delete(launch);
      this.#live.add(container);
      void container.ended.then(() => this.#removeIdle(container));
      this.#startMs = this.#average(this.#startMs, beganNs);
      this.#pass(container);
    } catch (error) {
      this.#launches.delete(launch);
      if (!launch.cancel.signal.aborted) this.#onLaunchFailed(error);
    }
  }

  /** With containers alive a call can still be served; without any, everyone who waits learns why not. */
  #onLaunchFailed(error: unknown): void {
    const { clock, log, spec } = this.#options;
    const failure = error instanceof LaunchError ? error : new LaunchError(asFnError(error), "");
    const { reason } = failure;
    log.warn(
      { app: spec.appName, path: spec.path, err: reason, stderr: failure.log },
      "a container did not start",
    );
    if (this.#live.size === 0) this.#queue.failAll(failure);
    else {
      this.#retryTimer ??= clock.after(START_RETRY_MS, () => {
        this.#retryTimer = undefined;
        this.#balance();
      });
    }
  }

  #offer(container: LiveContainer): void {
    if (this.#queue.release(container)) return;
    const { clock, evictor, spec } = this.#options;
    const removeIdle = () => this.#removeIdle(container);
    this.#idleTimers.set(container, clock.after(spec.idleTimeoutS * 1000, removeIdle));
    evictor.add(container, removeIdle);
  }

  /** Idle timeout, eviction or its own end: removes it unless a call has taken it, which then decides. */
  async #removeIdle(container: LiveContainer): Promise<void> {
    if (!this.#queue.withdraw(container)) return;
    this.#discard(container);
    this.#balance();
    await container.remove();
  }

  #leaveIdle(container: LiveContainer): void {
    this.#idleTimers.get(container)?.cancel();
    this.#idleTimers.delete(container);
    this.#options.evictor.remove(container);
  }

  #discard(container: LiveContainer): void {
    this.#leaveIdle(container);
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
