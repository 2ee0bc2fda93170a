import type { Clock, Timer } from "../../clock/clock.ts";
import { FnError } from "../../model/errors.ts";

/** Makes and removes what holds a network; both as `Anchors` do. */
export interface AnchorSource {
  make(): Promise<string>;
  remove(id: string): Promise<void>;
}

/** A container's part in the network of its app. */
export interface NetworkShare {
  /** The engine's network mode for the container. */
  readonly mode: string;
  /** The container that holds the network; undefined when it is one of the engine's own. */
  readonly anchorId: string | undefined;
  /** The container is gone. Works once. */
  release(): void;
  /** The engine cannot use the anchor any more, since somebody has ended it: the app's next share is in a new one. */
  lose(): void;
}

/** A share in one of the engine's own networks, or in none. */
export function engineNetwork(mode: string): NetworkShare {
  return { mode, anchorId: undefined, release() {}, lose() {} };
}

/** The network of one app. */
interface AppNetwork {
  readonly anchor: Promise<string>;
  /** That have a share in it. */
  containers: number;
  /** Runs while there are none. */
  idle: Timer | undefined;
}

/**
 * How long an app without containers keeps its network. Longer than functions are idle by default, so that one that is
 * called now and then finds it; an anchor takes some 10 MiB, most of it the engine's own.
 */
const IDLE_MS = 60_000;

/**
 * The networks of apps: all containers of an app share one, and no app reaches another's. An anchor holds it, since a
 * network ends with the last process in it.
 *
 *     none ──first share──► in use ──last release──► idle ──IDLE_MS, or close──► none
 *                             ▲ └──lost──► none        │
 *                             └─────────share──────────┘
 *
 * One anchor is made ahead, for the next app: it takes three times as long as the container of a function.
 */
export class AppNetworks {
  readonly #anchors: AnchorSource;
  readonly #clock: Clock;
  readonly #networks = new Map<string, AppNetwork>();
  readonly #removals = new Set<Promise<void>>();
  #spare: Promise<string> | undefined;
  #isClosed = false;

  constructor(anchors: AnchorSource, clock: Clock) {
    this.#anchors = anchors;
    this.#clock = clock;
  }

  /** Makes the anchor of the next app. Rejects when that fails; the next share tries again. */
  async warm(): Promise<void> {
    if (!this.#isClosed) await this.#ensureSpare();
  }

  /** A share in the network of an app, which is made at the first. Errors: as `Anchors.make`. */
  async share(appId: string): Promise<NetworkShare> {
    if (this.#isClosed) throw new FnError("server_stopping");
    const network = this.#networks.get(appId) ?? this.#open(appId);
    network.containers++;
    network.idle?.cancel();
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#leave(appId, network);
      isHeld = false;
    };
    try {
      const anchorId = await network.anchor;
      return { mode: `container:${anchorId}`, anchorId, release, lose: () => this.#lose(appId, network) };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Removes every anchor. Nothing is shared afterwards. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const [appId, network] of this.#networks) this.#drop(appId, network);
    this.#dropSpare();
    await Promise.all(this.#removals);
  }

  #open(appId: string): AppNetwork {
    const anchor = this.#ensureSpare();
    this.#spare = undefined;
    const network: AppNetwork = { anchor, containers: 0, idle: undefined };
    this.#networks.set(appId, network);
    anchor.then(
      () => void this.warm().catch(() => {}),
      () => this.#drop(appId, network),
    );
    return network;
  }

  #ensureSpare(): Promise<string> {
    if (!this.#spare) {
      const spare = this.#anchors.make();
      this.#spare = spare;
      spare.catch(() => {
        if (this.#spare === spare) this.#spare = undefined;
      });
    }
    return this.#spare;
  }

  #leave(appId: string, network: AppNetwork): void {
    network.containers--;
    if (network.containers > 0 || this.#networks.get(appId) !== network) return;
    network.idle = this.#clock.after(IDLE_MS, () => this.#drop(appId, network));
  }

  #lose(appId: string, network: AppNetwork): void {
    if (this.#networks.get(appId) !== network) return;
    this.#drop(appId, network);
    // What ended the one has often ended the other: a restart of the engine, for instance.
    this.#dropSpare();
  }

  #drop(appId: string, network: AppNetwork): void {
    network.idle?.cancel();
    if (this.#networks.get(appId) === network) this.#networks.delete(appId);
    this.#remove(network.anchor);
  }

  #dropSpare(): void {
    if (this.#spare) this.#remove(this.#spare);
    this.#spare = undefined;
  }

  /** Also when it is still in the making. */
  #remove(anchor: Promise<string>): void {
    const removal = anchor.then(
      (id) => this.#anchors.remove(id),
      () => {},
    );
    this.#removals.add(removal);
    void removal.finally(() => this.#removals.delete(removal));
  }
}
