/** The machine of the simulator: how long starts and runs take when several share its cores. */
import type { SimulatedFn } from "./trace.suite.ts";

export interface MachineOptions {
  readonly cores: number;
  /** A start that has a core to itself, in milliseconds. */
  readonly startMs: number;
  readonly memoryMib: number;
}

/**
 * More starts at a time than there are cores lengthen each one in proportion: two at a time on two cores reach as many
 * starts in a second as four. The same goes for calls that compute.
 */
export class Machine {
  readonly options: MachineOptions;
  readonly #gridMs: number;
  #alive = 0;
  #aliveMax = 0;
  #started = 0;
  #starting = 0;
  #startingMax = 0;
  #computing = 0;

  constructor(options: MachineOptions, gridMs: number) {
    this.options = options;
    this.#gridMs = gridMs;
  }

  get counts() {
    return {
      containersStarted: this.#started,
      containersMax: this.#aliveMax,
      startsInFlightMax: this.#startingMax,
    };
  }

  /** A container begins to start; for so long. */
  beginStart(): number {
    this.#starting++;
    this.#alive++;
    this.#startingMax = Math.max(this.#startingMax, this.#starting);
    this.#aliveMax = Math.max(this.#aliveMax, this.#alive);
    return this.#shared(this.options.startMs, this.#starting);
  }

  endStart(): void {
    this.#starting--;
    this.#started++;
  }

  removed(): void {
    this.#alive--;
  }

  /** A call begins to run; for so long. */
  beginRun(fn: SimulatedFn): number {
    if (!fn.isBusyOnCpu) return this.#shared(fn.runMs, 1);
    this.#computing++;
    return this.#shared(fn.runMs, this.#computing);
  }

  endRun(fn: SimulatedFn): void {
    if (fn.isBusyOnCpu) this.#computing--;
  }

  #shared(aloneMs: number, sharing: number): number {
    const ms = aloneMs * Math.max(1, sharing / this.options.cores);
    return Math.ceil(ms / this.#gridMs) * this.#gridMs;
  }
}
