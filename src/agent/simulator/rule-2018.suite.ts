/**
 * How the Fn server of January 2018 launches hot containers, as a model to compare with: a waiting call signals the
 * launcher at once and every 200 ms; a signal starts at most one container, when more calls wait than containers are
 * idle or starting; no limit but memory, no eviction.
 */
import type { Clock, Timer } from "../../clock/clock.ts";
import type { Machine } from "./machine.suite.ts";
import type { Caller, Server, SimulatedFn } from "./trace.suite.ts";

const POLL_MS = 200;
const IDLE_TIMEOUT_MS = 30_000;

interface Waiter {
  readonly caller: Caller;
  readonly timers: Set<Timer>;
}

export class ServerOf2018 implements Server {
  readonly #clock: Clock;
  readonly #machine: Machine;
  readonly #pools = new Map<string, Pool>();
  #freeMib: number;

  constructor(clock: Clock, machine: Machine) {
    this.#clock = clock;
    this.#machine = machine;
    this.#freeMib = machine.options.memoryMib;
  }

  call(fn: SimulatedFn, caller: Caller): void {
    let pool = this.#pools.get(fn.name);
    if (!pool) {
      pool = new Pool(fn, this.#clock, this.#machine, this);
      this.#pools.set(fn.name, pool);
    }
    pool.call(caller);
  }

  /** False when there is not so much. */
  reserve(memoryMib: number): boolean {
    if (this.#freeMib < memoryMib) return false;
    this.#freeMib -= memoryMib;
    return true;
  }

  /** Whoever waits for memory tries again. */
  free(memoryMib: number): void {
    this.#freeMib += memoryMib;
    for (const pool of this.#pools.values()) pool.retry();
  }

  async stop(): Promise<void> {}
}

class Pool {
  readonly #fn: SimulatedFn;
  readonly #clock: Clock;
  readonly #machine: Machine;
  readonly #server: ServerOf2018;
  readonly #waiters = new Set<Waiter>();
  /** The idle timers of idle containers; the one used last is at the end. */
  readonly #idle: Timer[] = [];
  #starting = 0;
  #waitsForMemory = false;

  constructor(fn: SimulatedFn, clock: Clock, machine: Machine, server: ServerOf2018) {
    this.#fn = fn;
    this.#clock = clock;
    this.#machine = machine;
    this.#server = server;
  }

  call(caller: Caller): void {
    const idle = this.#idle.pop();
    if (idle) {
      idle.cancel();
      this.#run(caller);
      return;
    }
    const waiter: Waiter = { caller, timers: new Set() };
    this.#waiters.add(waiter);
    const { timeoutS = 30 } = this.#fn;
    waiter.timers.add(
      this.#clock.after(500 * timeoutS, () => {
        this.#leave(waiter);
        caller.ended(false);
      }),
    );
    this.#poll(waiter);
  }

  /** Memory came free while the launcher was blocked on it. */
  retry(): void {
    if (!this.#waitsForMemory) return;
    this.#waitsForMemory = false;
    this.#launch();
  }

  #poll(waiter: Waiter): void {
    this.#signal();
    const timer = this.#clock.after(POLL_MS, () => {
      waiter.timers.delete(timer);
      this.#poll(waiter);
    });
    waiter.timers.add(timer);
  }

  #signal(): void {
    const unserved = Math.max(0, this.#waiters.size - this.#idle.length);
    const isNeeded = unserved > 0 && !(this.#starting > 0 && this.#starting >= unserved);
    if (isNeeded && !this.#waitsForMemory) this.#launch();
  }

  #launch(): void {
    const { memoryMib = 128 } = this.#fn;
    if (!this.#server.reserve(memoryMib)) {
      this.#waitsForMemory = true;
      return;
    }
    this.#starting++;
    this.#clock.after(this.#machine.beginStart(), () => {
      this.#starting--;
      this.#machine.endStart();
      this.#offer();
    });
  }

  #offer(): void {
    const [first] = this.#waiters;
    if (first) {
      this.#leave(first);
      this.#run(first.caller);
      return;
    }
    const timer = this.#clock.after(IDLE_TIMEOUT_MS, () => {
      this.#idle.splice(this.#idle.indexOf(timer), 1);
      this.#machine.removed();
      this.#server.free(this.#fn.memoryMib ?? 128);
    });
    this.#idle.push(timer);
  }

  #run(caller: Caller): void {
    caller.started();
    this.#clock.after(this.#machine.beginRun(this.#fn), () => {
      this.#machine.endRun(this.#fn);
      this.#offer();
      caller.ended(true);
    });
  }

  #leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    for (const timer of waiter.timers) timer.cancel();
  }
}
