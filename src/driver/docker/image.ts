import type Docker from "dockerode";
import { orAborted } from "../../clock/or-aborted.ts";
import { FnError } from "../../model/errors.ts";
import type { Credentials } from "./credentials.ts";
import { hasImage, readProgress } from "./engine.ts";
import { pullError } from "./pull-error.ts";
import { registryOf } from "./reference.ts";
import type { Backoff } from "./retry.ts";

interface Failure {
  /** What the engine said. */
  readonly cause: unknown;
  /** How often in a row. */
  readonly count: number;
  readonly retryAtNs: number;
}

const FIRST_PAUSE_MS = 1_000;
/** An image that is pushed at last should not have to wait longer. */
const PAUSE_MS_MAX = 60_000;

/** Of images that could not be pulled; the oldest is forgotten first. */
const FAILURES_MAX = 1_000;

/** The images of an engine: which are there, so that a start need not ask, and how the others get there. */
export class ImageStore {
  readonly #engine: Docker;
  readonly #credentials: Credentials;
  readonly #backoff: Backoff;
  readonly #present = new Set<string>();
  readonly #fetching = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, Failure>();

  constructor(engine: Docker, credentials: Credentials, backoff: Backoff) {
    this.#engine = engine;
    this.#credentials = credentials;
    this.#backoff = backoff;
  }

  /**
   * Pulls an image that is not there: once, however many ask, and to its end, even if all of them have left. After a
   * failure the registry is left alone for a while that grows, and whoever asks hears of that failure. An image that
   * came some other way is found all the same. Errors: as `pullError`.
   */
  async ensure(image: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#present.has(image)) return;
    await orAborted(this.#fetching.get(image) ?? this.#fetch(image), signal);
  }

  /** The engine has said that it does not have the image, whatever was known. */
  forget(image: string): void {
    this.#present.delete(image);
  }

  #fetch(image: string): Promise<void> {
    const fetching = this.#findOrPull(image).finally(() => this.#fetching.delete(image));
    this.#fetching.set(image, fetching);
    return fetching;
  }

  async #findOrPull(image: string): Promise<void> {
    try {
      if (!(await hasImage(this.#engine, image))) {
        this.#throwIfTooEarly(image);
        await this.#pull(image);
      }
    } catch (error) {
      throw error instanceof FnError ? error : pullError(image, error);
    }
    this.#failures.delete(image);
    this.#present.add(image);
  }

  async #pull(image: string): Promise<void> {
    const authconfig = this.#credentials.get(registryOf(image));
    try {
      await readProgress(await this.#engine.pull(image, authconfig ? { authconfig } : {}));
    } catch (cause) {
      this.#noteFailure(image, cause);
      throw cause;
    }
  }

  #throwIfTooEarly(image: string): void {
    const failure = this.#failures.get(image);
    if (!failure) return;
    const waitNs = failure.retryAtNs - this.#backoff.clock.monotonicNs();
    if (waitNs <= 0) return;
    throw pullError(image, failure.cause, Math.ceil(waitNs / 1e9));
  }

  #noteFailure(image: string, cause: unknown): void {
    const { clock, random } = this.#backoff;
    const count = (this.#failures.get(image)?.count ?? 0) + 1;
    const longestMs = Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), PAUSE_MS_MAX);
    // Never less than half, or an image that is asked for all the time would be pulled all the time.
    const pauseMs = longestMs * (0.5 + random.next() / 2);
    this.#failures.delete(image);
    this.#failures.set(image, { cause, count, retryAtNs: clock.monotonicNs() + pauseMs * 1e6 });
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined && this.#failures.size > FAILURES_MAX) this.#failures.delete(oldest);
  }
}
