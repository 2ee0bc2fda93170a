/** A node of the simulator: containers, cold starts, run times, and the lines of calls before them. */
import type { EventClock } from "./event-clock.suite.ts";

export interface NodeOptions {
  readonly name: string;
  readonly cores: number;
  /** Containers that fit in its memory, over all functions. */
  readonly containersMax: number;
  /** How many times longer everything takes here; 1 for a usual node. */
  readonly slowness: number;
}

/** A call as a node sees it. */
export interface NodeCall {
  readonly fn: string;
  readonly runMs: number;
  /** Whether the run computes all the time, and so shares the cores. */
  readonly isBusyOnCpu: boolean;
  /** It was served, after waiting for so long. */
  onServed(waitMs: number): void;
  /** The node went down under it. */
  onBroken(): void;
}

const PULL_MS = 1500;
const START_MS = 150;
const IDLE_MS_MAX = 30_000;

/** How often a node looks whether its lines have become long: the real one is told by events. */
const LOOK_MS = 25;

interface Waiting {
  readonly call: NodeCall;
  readonly sinceMs: number;
}

interface Pool {
  readonly line: Waiting[];
  /** Since when each container is idle, the longest first. */
  readonly idleSinceMs: number[];
  busy: number;
  starting: number;
  runMs: number;
}

export class SimulatedNode {
  readonly options: NodeOptions;
  readonly #clock: EventClock;
  #pools = new Map<string, Pool>();
  #images = new Set<string>();
  #calls = new Set<NodeCall>();
  #computing = 0;
  #containers = 0;
  #isUp = true;
  /** Counts the lives of the node: what was due in an earlier one does not happen. */
  #life = 0;
  startsCount = 0;

  constructor(options: NodeOptions, clock: EventClock) {
    this.options = options;
    this.#clock = clock;
    this.#look();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  submit(call: NodeCall): void {
    if (!this.#isUp) {
      call.onBroken();
      return;
    }
    this.#calls.add(call);
    this.#poolOf(call.fn).line.push({ call, sinceMs: this.#clock.elapsedMs });
    this.#serve(call.fn);
  }

  /** All containers and calls are gone; images stay. */
  crash(): void {
    this.#isUp = false;
    this.#life++;
    this.#pools = new Map();
    this.#containers = 0;
    this.#computing = 0;
    const calls = this.#calls;
    this.#calls = new Set();
    for (const call of calls) call.onBroken();
  }

  restart(): void {
    this.#isUp = true;
  }

  #poolOf(fn: string): Pool {
    const pool = this.#pools.get(fn) ?? { line: [], idleSinceMs: [], busy: 0, starting: 0, runMs: 0 };
    this.#pools.set(fn, pool);
    return pool;
  }

  /** Gives calls to idle containers, and starts more where that serves sooner than the line. */
  #serve(fn: string): void {
    const pool = this.#poolOf(fn);
    while (pool.line.length > 0 && pool.idleSinceMs.length > 0) {
      pool.idleSinceMs.pop();
      const next = pool.line.shift();
      if (next) this.#run(fn, pool, next);
    }
    for (let wanted = this.#wanted(pool) - pool.starting; wanted > 0; wanted--) {
      if (!this.#makeRoom(pool)) return;
      this.#start(fn, pool);
    }
  }

  /** How many containers should be starting: the rule of the agent, in short. */
  #wanted({ line, busy, starting, runMs, idleSinceMs }: Pool): number {
    const [first] = line;
    if (first === undefined) return 0;
    if (busy + idleSinceMs.length === 0 || runMs === 0) return Math.min(1, line.length);
    const startMs = START_MS * this.options.slowness;
    // As many as the line is too long for those that are there to serve within the time of a start.
    const servable = Math.floor((startMs * busy) / runMs);
    const isLasting = this.#clock.elapsedMs - first.sinceMs > startMs;
    // More containers than cores serve no more calls that compute: the agent measures that, and stops there.
    const useful = first.call.isBusyOnCpu ? Math.max(0, this.options.cores - busy) : line.length;
    return Math.min(useful, line.length, Math.max(line.length - servable, isLasting ? starting + 1 : 0));
  }

  /** Whether there is room for one more container, if need be in place of one of another function. */
  #makeRoom(asking: Pool): boolean {
    if (this.#containers < this.options.containersMax) return true;
    let longest: Pool | undefined;
    for (const pool of this.#pools.values()) {
      const sinceMs = pool.idleSinceMs[0];
      if (pool === asking || sinceMs === undefined) continue;
      if (longest === undefined || sinceMs < (longest.idleSinceMs[0] ?? 0)) longest = pool;
    }
    if (longest === undefined) return false;
    longest.idleSinceMs.shift();
    this.#containers--;
    return true;
  }

  #start(fn: string, pool: Pool): void {
    const pullMs = this.#images.has(fn) ? 0 : PULL_MS;
    this.#images.add(fn);
    this.#containers++;
    this.startsCount++;
    pool.starting++;
    this.#after((pullMs + START_MS) * this.options.slowness, () => {
      pool.starting--;
      pool.idleSinceMs.push(this.#clock.elapsedMs);
      this.#serve(fn);
    });
  }

  #run(fn: string, pool: Pool, { call, sinceMs }: Waiting): void {
    const waitMs = this.#clock.elapsedMs - sinceMs;
    pool.busy++;
    if (call.isBusyOnCpu) this.#computing++;
    const sharing = call.isBusyOnCpu ? Math.max(1, this.#computing / this.options.cores) : 1;
    const runMs = call.runMs * sharing * this.options.slowness;
    this.#after(runMs, () => {
      pool.busy--;
      if (call.isBusyOnCpu) this.#computing--;
      pool.runMs = pool.runMs === 0 ? runMs : 0.8 * pool.runMs + 0.2 * runMs;
      pool.idleSinceMs.push(this.#clock.elapsedMs);
      this.#calls.delete(call);
      call.onServed(waitMs);
      this.#serve(fn);
    });
  }

  /** Looks at the lines again and again, and ends containers that were idle for long. */
  #look(): void {
    this.#clock.after(LOOK_MS, () => {
      for (const [fn, pool] of this.#pools) {
        while ((pool.idleSinceMs[0] ?? Number.POSITIVE_INFINITY) < this.#clock.elapsedMs - IDLE_MS_MAX) {
          pool.idleSinceMs.shift();
          this.#containers--;
        }
        if (pool.line.length > 0) this.#serve(fn);
      }
      this.#look();
    });
  }

  #after(delayMs: number, action: () => void): void {
    const life = this.#life;
    this.#clock.after(delayMs, () => {
      if (this.#life === life) action();
    });
  }
}
