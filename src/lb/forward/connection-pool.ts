import type { ConnectionOptions } from "node:tls";
import type { Clock, Timer } from "../../clock/clock.ts";
import { ClientConnection, type ConnectionOwner } from "../../http1/client-connection.ts";

/** Nodes keep an idle connection for 75 s: one that is dropped well before is never closed under a request. */
export const IDLE_MS = 60_000;

/** A node on a local network answers a connection in milliseconds; this allows for two packets that are lost. */
export const CONNECT_MS = 5000;

/** Keeps a burst from using up the ports towards a node. */
export const CONNECTIONS_MAX = 2048;

/** Requests that wait for one of these. Beyond that a node has more than it can do within any patience. */
export const WAITERS_MAX = 4096;

/** A connection comes free, or the next node is asked. */
export const WAIT_MS = 10_000;

export interface PoolOptions {
  readonly host: string;
  readonly port: number;
  /** Undefined for plain TCP. */
  readonly tls?: ConnectionOptions | undefined;
  readonly clock: Clock;
  readonly idleMs?: number;
  readonly connectMs?: number;
  readonly connectionsMax?: number;
  readonly waitersMax?: number;
  readonly waitMs?: number;
}

/** Who wants a connection. Both may be called from within `acquire`. */
export interface Acquirer {
  /** An open connection, for one request. It comes back by itself once the response is whole. */
  acquired(connection: ClientConnection): void;
  /** `unreachable`: no connection could be opened. `busy`: none came free. */
  refused(reason: "unreachable" | "busy", cause: Error): void;
}

/** The connections to one node. */
export class ConnectionPool implements ConnectionOwner {
  readonly #options: Required<Omit<PoolOptions, "tls">> & Pick<PoolOptions, "tls">;
  /** The one that was used last is taken first, so that those that are not needed grow old. */
  readonly #idle: ClientConnection[] = [];
  readonly #connecting = new Map<ClientConnection, Connecting>();
  readonly #waiters = new Map<Acquirer, Waiter>();
  /** When the node answered last, a request or a check, in monotonic nanoseconds. For those who use the pool. */
  heardAtNs: number;
  #open = 0;
  /** Connections of earlier epochs are not kept. */
  #epoch = 0;
  #isClosed = false;
  #sweep: Timer | undefined;

  constructor(options: PoolOptions) {
    this.#options = {
      idleMs: IDLE_MS,
      connectMs: CONNECT_MS,
      connectionsMax: CONNECTIONS_MAX,
      waitersMax: WAITERS_MAX,
      waitMs: WAIT_MS,
      ...options,
    };
    this.heardAtNs = options.clock.monotonicNs();
  }

  /** Open connections, whether in use or not. */
  get open(): number {
    return this.#open;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** Requests that are under way, or wait for a connection. */
  get busy(): number {
    return this.#open - this.#connecting.size - this.#idle.length + this.#waiters.size;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** `isFresh` asks for a connection that has carried no request yet. */
  acquire(acquirer: Acquirer, isFresh = false): void {
    const connection = isFresh ? undefined : this.#idle.pop();
    if (connection) acquirer.acquired(connection);
    else if (this.#isClosed) acquirer.refused("unreachable", new Error("the node was removed"));
    else if (this.#waiters.size >= this.#options.waitersMax)
      acquirer.refused("busy", new Error("too many wait"));
    else this.#wait(acquirer, isFresh);
  }

  /** Who waits does so no longer. Does nothing for one that does not wait. */
  forget(acquirer: Acquirer): void {
    this.#waiters.get(acquirer)?.timer.cancel();
    this.#waiters.delete(acquirer);
  }

  /** Closes those that are idle, and those in use once they are. */
  closeIdle(): void {
    this.#epoch++;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  /** Gives out no more. Requests under way are left to end. */
  close(): void {
    this.#isClosed = true;
    this.closeIdle();
    for (const connection of [...this.#connecting.keys()]) connection.destroy();
    this.#refuseAll(new Error("the node was removed"));
    this.#sweep?.cancel();
  }

  // What follows is for the connections.

  opened(connection: ClientConnection): void {
    this.#connecting.get(connection)?.timer.cancel();
    this.#connecting.delete(connection);
    this.#offer(connection);
  }

  idle(connection: ClientConnection): void {
    if (this.#isClosed || connection.epoch !== this.#epoch) connection.destroy();
    else this.#offer(connection);
  }

  closed(connection: ClientConnection, cause: Error | undefined): void {
    this.#open--;
    const connecting = this.#connecting.get(connection);
    if (connecting) {
      connecting.timer.cancel();
      this.#connecting.delete(connection);
      this.#refuseOne(connecting, cause);
    } else {
      // The one that was used last stands last, and it is the first that a node closes when it ends.
      const index = this.#idle.lastIndexOf(connection);
      if (index >= 0) this.#idle.splice(index, 1);
    }
    this.#connectForWaiters();
  }

  #wait(acquirer: Acquirer, isFresh: boolean): void {
    const timer = this.#options.clock.after(this.#options.waitMs, () => {
      this.forget(acquirer);
      acquirer.refused("busy", new Error("no connection came free"));
    });
    this.#waiters.set(acquirer, { isFresh, timer });
    this.#connectForWaiters();
  }

  /** As many connections are on their way as requests wait. */
  #connectForWaiters(): void {
    while (!this.#isClosed && this.#connecting.size < this.#waiters.size) {
      if (this.#open >= this.#options.connectionsMax) {
        const spare = this.#idle.shift();
        if (!spare) return;
        spare.destroy();
      } else {
        this.#connect();
      }
    }
  }

  #connect(): void {
    const { host, port, tls, clock, connectMs } = this.#options;
    const connection = new ClientConnection({ host, port, tls, clock, owner: this });
    connection.epoch = this.#epoch;
    this.#open++;
    const connecting: Connecting = {
      isLate: false,
      timer: clock.after(connectMs, () => {
        connecting.isLate = true;
        connection.destroy();
      }),
    };
    this.#connecting.set(connection, connecting);
  }

  /** To the one who waits longest and can use it; else it is kept. */
  #offer(connection: ClientConnection): void {
    for (const [acquirer, { isFresh }] of this.#waiters) {
      if (isFresh && connection.requests > 0) continue;
      this.forget(acquirer);
      acquirer.acquired(connection);
      return;
    }
    connection.idleSinceNs = this.#options.clock.monotonicNs();
    this.#idle.push(connection);
    if (!this.#sweep) this.#sweepAfter(this.#options.idleMs);
    // Those who are left want a connection of their own.
    if (this.#waiters.size > 0) this.#connectForWaiters();
  }

  /** No connection could be opened: the one who waits longest has waited for that. */
  #refuseOne({ isLate }: Connecting, cause: Error | undefined): void {
    for (const acquirer of this.#waiters.keys()) {
      this.forget(acquirer);
      const late = isLate ? new Error("the connection was not opened in time") : undefined;
      acquirer.refused("unreachable", late ?? cause ?? new Error("the connection was closed"));
      return;
    }
  }

  #refuseAll(cause: Error): void {
    for (const acquirer of [...this.#waiters.keys()]) {
      this.forget(acquirer);
      acquirer.refused("unreachable", cause);
    }
  }

  #sweepAfter(delayMs: number): void {
    this.#sweep = this.#options.clock.after(delayMs, () => this.#closeOld());
  }

  /** Those that were idle for too long stand first. */
  #closeOld(): void {
    this.#sweep = undefined;
    const { clock, idleMs } = this.#options;
    const nowNs = clock.monotonicNs();
    for (let oldest = this.#idle[0]; oldest; oldest = this.#idle[0]) {
      const leftMs = idleMs - (nowNs - oldest.idleSinceNs) / 1e6;
      if (leftMs > 0) {
        this.#sweepAfter(leftMs);
        return;
      }
      this.#idle.shift();
      oldest.destroy();
    }
  }
}

interface Waiter {
  readonly isFresh: boolean;
  readonly timer: Timer;
}

interface Connecting {
  readonly timer: Timer;
  isLate: boolean;
}
