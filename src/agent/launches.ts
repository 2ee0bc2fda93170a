import type { Logger } from "pino";
import type { Clock, Timer } from "../clock/clock.ts";
import { asFnError } from "../model/errors.ts";
import type { LaunchSpec } from "./launch-spec.ts";
import { LaunchError, type Launcher } from "./launcher.ts";
import type { LiveContainer } from "./live-container.ts";

/** After a failed start: how long until the next try. */
const START_RETRY_MS = 1000;

export interface LaunchesOptions {
  readonly spec: LaunchSpec;
  readonly launcher: Launcher;
  readonly clock: Clock;
  readonly log: Logger;
  /** A container is up, so long after its start was begun. */
  readonly onUp: (container: LiveContainer, startMs: number) => void;
  readonly onFailed: (failure: LaunchError) => void;
  /** The number of containers in the making may be another from now on. */
  readonly onChange: () => void;
}

interface Launch {
  readonly cancel: AbortController;
  /** Waits for the image and for memory, then for its turn; until it starts it can be taken back. */
  state: "waiting" | "reserved" | "starting";
}

/** The containers of one function that are in the making. */
export class Launches {
  readonly #options: LaunchesOptions;
  readonly #launches = new Set<Launch>();
  readonly #works = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #retryTimer: Timer | undefined;
  #failure: LaunchError | undefined;

  constructor(options: LaunchesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#launches.size;
  }

  /** Whether one has all the memory it needs, so that it will come. */
  get isOneComing(): boolean {
    return [...this.#launches].some(({ state }) => state !== "waiting");
  }

  /** Begins what is missing, and takes back what is too much as long as it has not begun to start. */
  adjust(wanted: number, isFirst: boolean): void {
    const allowed = this.#retryTimer ? 0 : wanted;
    while (this.#launches.size < allowed) this.#launch(isFirst);
    for (const launch of [...this.#launches].reverse()) {
      if (this.#launches.size <= allowed) break;
      if (launch.state !== "starting") this.#takeBack(launch);
    }
  }

  /** Why the last one failed, for as long as it is too early to try again. */
  get recentFailure(): LaunchError | undefined {
    return this.#failure;
  }

  /** Ends all of them. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#retryTimer?.cancel();
    for (const { cancel } of this.#launches) cancel.abort();
    await Promise.all(this.#works);
  }

  #launch(isFirst: boolean): void {
    const launch: Launch = { cancel: new AbortController(), state: "waiting" };
    // Counted before anything is awaited: two looks in a row must not start two containers for one call.
    this.#launches.add(launch);
    const work = this.#bringUp(launch, isFirst);
    this.#works.add(work);
    void work.then(() => {
      this.#works.delete(work);
      this.#options.onChange();
    });
  }

  #takeBack(launch: Launch): void {
    this.#launches.delete(launch);
    launch.cancel.abort();
  }

  async #bringUp(launch: Launch, isFirst: boolean): Promise<void> {
    const { clock, launcher, spec, onUp } = this.#options;
    const { signal } = launch.cancel;
    try {
      const onReserved = () => {
        launch.state = "reserved";
      };
      const admission = await launcher.admit({ spec, isFirst, signal, onReserved });
      // Admitted and taken back in the same moment: nobody counts on it any more.
      if (signal.aborted) return admission.giveBack();
      launch.state = "starting";
      const beganNs = clock.monotonicNs();
      const container = await launcher.start(spec, admission, {}, this.#stopping.signal);
      this.#launches.delete(launch);
      onUp(container, (clock.monotonicNs() - beganNs) / 1e6);
    } catch (error) {
      this.#launches.delete(launch);
      if (!signal.aborted) this.#onFailed(error);
    }
  }

  #onFailed(error: unknown): void {
    const { clock, log, spec, onFailed } = this.#options;
    const failure = error instanceof LaunchError ? error : new LaunchError(asFnError(error), "");
    log.warn(
      { app: spec.appName, path: spec.path, err: failure.reason, stderr: failure.log },
      "a container did not start",
    );
    this.#failure = failure;
    this.#retryTimer ??= clock.after(START_RETRY_MS, () => {
      this.#retryTimer = undefined;
      this.#failure = undefined;
      this.#options.onChange();
    });
    onFailed(failure);
  }
}
