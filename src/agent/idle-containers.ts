import type { Clock, Timer } from "../clock/clock.ts";
import type { Evictor } from "./evictor.ts";
import type { LiveContainer } from "./live-container.ts";

export interface IdleContainersOptions {
  readonly clock: Clock;
  readonly evictor: Evictor<LiveContainer>;
  /** How long a container without a call is kept. */
  readonly idleTimeoutMs: number;
  /** How long until it is paused; undefined for never. */
  readonly freezeIdleMs: number | undefined;
  /** Removes one, unless a call has taken it; resolves when what it held is free. */
  readonly remove: (container: LiveContainer) => Promise<void>;
}

/** What becomes of containers without a call: paused after a while, removed after a longer one, evicted in between. */
export class IdleContainers {
  readonly #options: IdleContainersOptions;
  readonly #timers = new Map<LiveContainer, readonly Timer[]>();

  constructor(options: IdleContainersOptions) {
    this.#options = options;
  }

  add(container: LiveContainer): void {
    const { clock, evictor, idleTimeoutMs, freezeIdleMs, remove } = this.#options;
    const timers = [clock.after(idleTimeoutMs, () => void remove(container))];
    if (freezeIdleMs !== undefined && freezeIdleMs < idleTimeoutMs) {
      timers.push(clock.after(freezeIdleMs, () => void this.#freeze(container)));
    }
    this.#timers.set(container, timers);
    evictor.add(container, () => remove(container));
  }

  /** It has a call, or is gone. */
  delete(container: LiveContainer): void {
    for (const timer of this.#timers.get(container) ?? []) timer.cancel();
    this.#timers.delete(container);
    this.#options.evictor.remove(container);
  }

  /** A container that can be neither paused nor trusted any more is removed before a call meets it. */
  async #freeze(container: LiveContainer): Promise<void> {
    if (!(await container.pause())) await this.#options.remove(container);
  }
}
