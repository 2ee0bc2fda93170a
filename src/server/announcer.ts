import type { Logger } from "pino";
import type { Clock, Timer } from "../clock/clock.ts";
import type { NodeStore } from "../store/store.ts";

/** Between two announcements. */
const BEAT_MS = 2000;
/** How long one is good for: two may come to nothing. */
const EXPIRES_MS = 6000;

interface AnnouncerOptions {
  readonly nodes: Pick<NodeStore, "announce" | "withdraw">;
  /** `host:port` under which balancers reach this node. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 *     off ──start──► serving ──drain──► draining
 *                       └─────stop────────┴────► off
 */
type State = "off" | "serving" | "draining";

/** Writes a node into the table that balancers have their nodes from, again and again as long as it lives. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  #state: State = "off";
  #timer: Timer | undefined;
  /** One write after the other: what was said last must be what is there. */
  #written: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Calls are taken from now on. Resolves when that is written, or could not be: it is tried again with the next beat. */
  start(): Promise<void> {
    this.#state = "serving";
    return this.#announce();
  }

  /** No new calls are wanted. Resolves as `start` does. */
  drain(): Promise<void> {
    if (this.#state === "serving") this.#state = "draining";
    return this.#announce();
  }

  /** The node is gone. Resolves when that is written, or could not be. */
  async stop(): Promise<void> {
    if (this.#state === "off") return;
    this.#state = "off";
    this.#timer?.cancel();
    await this.#write(() => this.#options.nodes.withdraw(this.#options.name));
  }

  #announce(): Promise<void> {
    const { nodes, name, clock } = this.#options;
    this.#timer?.cancel();
    if (this.#state === "off") return this.#written;
    this.#timer = clock.after(BEAT_MS, () => void this.#announce());
    return this.#write(async () => {
      if (this.#state !== "off") await nodes.announce(name, this.#state === "draining", EXPIRES_MS);
    });
  }

  #write(action: () => Promise<void>): Promise<void> {
    this.#written = this.#written.then(async () => {
      try {
        await action();
        this.#isFailing = false;
      } catch (error) {
        if (!this.#isFailing) this.#options.log.error({ err: error }, "the node could not be announced");
        this.#isFailing = true;
      }
    });
    return this.#written;
  }
}
