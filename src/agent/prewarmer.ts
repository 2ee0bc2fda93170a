import type { Logger } from "pino";
import type { Driver } from "../driver/driver.ts";
import type { FnInApp } from "../store/store.ts";
import type { HotPool } from "./hot-pool.ts";
import { type LaunchSpec, launchSpecOf } from "./launch-spec.ts";
import type { Launcher } from "./launcher.ts";

/** Functions that wait to be warmed: a balancer asks for those of a whole node at once, and asks again. */
const WAITING_MAX = 1024;
/** So many at a time: one that is being pulled need not hold up the next, and calls have the machine to themselves. */
const AT_A_TIME = 2;

/**
 * How an attempt to have a container ahead of its calls ended. `pulled`: its containers serve one call each, so only the image
 * is there. `needless`: a call was quicker. `no_room`: too little memory or cpu is free. `cancelled`: the agent stops.
 */
export type PrewarmOutcome = "started" | "pulled" | "needless" | "no_room" | "failed" | "cancelled";

interface PrewarmerOptions {
  readonly driver: Pick<Driver, "prepare">;
  readonly launcher: Pick<Launcher, "isFree">;
  /** The pool of a function; undefined when it has none yet, and then `poolOf` makes one. */
  readonly peekPool: (spec: LaunchSpec) => HotPool | undefined;
  readonly poolOf: (spec: LaunchSpec) => HotPool;
  readonly log: Logger;
}

/**
 * Pulls images and starts a first container of functions whose calls are expected. It takes the way of the launches that
 * calls ask for, but only into memory that is free: no container is evicted for a guess.
 */
export class Prewarmer {
  readonly #options: PrewarmerOptions;
  readonly #line: Entry[] = [];
  /** Of those in the line, and of those that are being warmed. */
  readonly #keys = new Set<string>();
  readonly #stopping = new AbortController();
  #active = 0;

  constructor(options: PrewarmerOptions) {
    this.#options = options;
  }

  /** Undefined, and nothing to wait for, when the function has a container, waits here already, or the line is full. */
  warm(called: FnInApp): Promise<PrewarmOutcome> | undefined {
    const spec = launchSpecOf(called);
    if (this.#stopping.signal.aborted || this.#line.length >= WAITING_MAX) return undefined;
    if (this.#keys.has(spec.key) || this.#options.peekPool(spec)?.isEmpty === false) return undefined;
    const { promise, resolve } = Promise.withResolvers<PrewarmOutcome>();
    this.#keys.add(spec.key);
    this.#line.push({ spec, resolve });
    if (this.#active < AT_A_TIME) void this.#work();
    return promise;
  }

  /** Begins nothing more. What has begun to start is ended by its pool. */
  stop(): void {
    this.#stopping.abort();
  }

  async #work(): Promise<void> {
    this.#active++;
    for (let next = this.#line.shift(); next; next = this.#line.shift()) {
      next.resolve(await this.#outcomeOf(next.spec));
      this.#keys.delete(next.spec.key);
    }
    this.#active--;
  }

  async #outcomeOf(spec: LaunchSpec): Promise<PrewarmOutcome> {
    const { driver, launcher, poolOf, log } = this.#options;
    const { signal } = this.#stopping;
    if (signal.aborted) return "cancelled";
    try {
      await driver.prepare(spec.image, signal);
    } catch (error) {
      if (signal.aborted) return "cancelled";
      log.warn(
        { app: spec.appName, path: spec.path, err: error },
        "an image could not be had ahead of its calls",
      );
      return "failed";
    }
    if (spec.format === "default") return "pulled";
    if (signal.aborted) return "cancelled";
    if (!launcher.isFree(spec)) return "no_room";
    const pool = poolOf(spec);
    if (!pool.isEmpty) return "needless";
    const isUp = await pool.prewarm();
    return isUp ? "started" : signal.aborted ? "cancelled" : "failed";
  }
}

interface Entry {
  readonly spec: LaunchSpec;
  readonly resolve: (outcome: PrewarmOutcome) => void;
}
