import type Docker from "dockerode";
import type { Logger } from "pino";
import { within } from "../../clock/clock.ts";
import { reasonOf, statusOf } from "./engine.ts";
import { type Backoff, backOff, Lane } from "./retry.ts";

/** Each removal keeps the kernel busy; more at a time would hold up the starts, which callers wait for. */
const PARALLEL_MAX = 2;

/** An engine removes in well under a second. One that hangs must not keep the lane to itself for good. */
const TRY_WAIT_MS = 20_000;

/** With the delays between them, some ten seconds: an engine that restarts is back by then. */
const TRIES_MAX = 12;

/** Removes containers, in a lane of its own. */
export class Remover {
  readonly #lane = new Lane(PARALLEL_MAX);
  readonly #engine: Docker;
  readonly #backoff: Backoff;
  readonly #log: Logger;

  constructor(engine: Docker, backoff: Backoff, log: Logger) {
    this.#engine = engine;
    this.#backoff = backoff;
    this.#log = log;
  }

  /** Ends a container, if it runs, and removes it with its volumes. Never rejects. */
  remove(id: string): Promise<void> {
    return this.#lane.run(() => this.#remove(id));
  }

  async #remove(id: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        const removal = this.#engine
          .getContainer(id)
          .remove({ force: true, v: true })
          .then(() => true);
        if (await within(this.#backoff.clock, TRY_WAIT_MS, removal)) return;
        throw new Error(`no answer in ${TRY_WAIT_MS} ms`);
      } catch (error) {
        const status = statusOf(error);
        if (status === 404) return;
        // 409: somebody else is removing it, which may still fail.
        const isFinal = status !== undefined && status < 500 && status !== 409;
        if (isFinal || tries === TRIES_MAX) {
          this.#log.error({ container: id, reason: reasonOf(error) }, "cannot remove a container");
          return;
        }
        await backOff(this.#backoff, tries);
      }
    }
  }
}
