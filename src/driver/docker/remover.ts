import { setMaxListeners } from "node:events";
import type Docker from "dockerode";
import type { Logger } from "pino";
import { within } from "../../clock/clock.ts";
import { reasonOf, statusOf } from "./engine.ts";
import { type Backoff, backOff, Lane } from "./retry.ts";

/** Each removal keeps the kernel busy; more at a time would hold up the starts, which callers wait for. */
const PARALLEL_MAX = 2;

/** An engine removes in well under a second. One that hangs must not keep the lane to itself for good. */
const TRY_WAIT_MS = 20_000;

/** With the delays between them, some ten seconds. Who waits for a removal waits no longer; it goes on without them. */
const TRIES_AWAITED = 12;

/** Removes containers, in a lane of its own. */
export class Remover {
  readonly #lane = new Lane(PARALLEL_MAX);
  readonly #engine: Docker;
  readonly #backoff: Backoff;
  readonly #log: Logger;
  readonly #closing = new AbortController();

  constructor(engine: Docker, backoff: Backoff, log: Logger) {
    this.#engine = engine;
    this.#backoff = backoff;
    this.#log = log;
    // Every removal that waits for its next try listens.
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * Ends a container, if it runs, and removes it with its volumes. Resolves when it is gone, when the engine will not,
   * or when it takes too long to wait for: an engine may be away for minutes, and is asked until it is back. Never
   * rejects.
   */
  remove(id: string): Promise<void> {
    return new Promise((resolve) => {
      this.#remove(id, resolve).then(resolve, resolve);
    });
  }

  /** Tries no more: what is left then is for the next server (see orphans.ts). */
  close(): void {
    this.#closing.abort();
  }

  async #remove(id: string, onLate: () => void): Promise<void> {
    const { signal } = this.#closing;
    for (let tries = 1; !signal.aborted; tries++) {
      const failure = await this.#lane.run(() => this.#tryToRemove(id));
      if (!failure) return;
      const { isFinal, reason } = failure;
      if (isFinal || tries === TRIES_AWAITED) {
        this.#log.error({ container: id, reason, willRetry: !isFinal }, "cannot remove a container");
        onLate();
      }
      if (isFinal) return;
      await backOff(this.#backoff, Math.min(tries, TRIES_AWAITED), signal);
    }
  }

  async #tryToRemove(id: string): Promise<Failure | undefined> {
    try {
      const removal = this.#engine
        .getContainer(id)
        .remove({ force: true, v: true })
        .then(() => true);
      if (await within(this.#backoff.clock, TRY_WAIT_MS, removal)) return undefined;
      return { isFinal: false, reason: `no answer in ${TRY_WAIT_MS} ms` };
    } catch (error) {
      const status = statusOf(error);
      if (status === 404) return undefined;
      // 409: somebody else is removing it, which may still fail.
      const isFinal = status !== undefined && status < 500 && status !== 409;
      return { isFinal, reason: reasonOf(error) };
    }
  }
}

interface Failure {
  /** It makes no sense to try again. */
  readonly isFinal: boolean;
  readonly reason: string;
}
