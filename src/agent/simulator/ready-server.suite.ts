/** What a function could reach at best with so many containers: all are up before the first call. */
import type { Clock } from "../../clock/clock.ts";
import type { Machine } from "./machine.suite.ts";
import type { Caller, Server, SimulatedFn } from "./trace.suite.ts";

interface Line {
  free: number;
  readonly waiting: Caller[];
}

export class ReadyServer implements Server {
  readonly #clock: Clock;
  readonly #machine: Machine;
  readonly #containers: number;
  readonly #lines = new Map<string, Line>();

  constructor(clock: Clock, machine: Machine, containers: number) {
    this.#clock = clock;
    this.#machine = machine;
    this.#containers = containers;
  }

  call(fn: SimulatedFn, caller: Caller): void {
    let line = this.#lines.get(fn.name);
    if (!line) {
      line = { free: this.#containers, waiting: [] };
      this.#lines.set(fn.name, line);
    }
    line.waiting.push(caller);
    this.#serve(fn, line);
  }

  async stop(): Promise<void> {}

  #serve(fn: SimulatedFn, line: Line): void {
    if (line.free === 0) return;
    const caller = line.waiting.shift();
    if (!caller) return;
    line.free--;
    caller.started();
    this.#clock.after(this.#machine.beginRun(fn), () => {
      this.#machine.endRun(fn);
      line.free++;
      this.#serve(fn, line);
      caller.ended(true);
    });
  }
}
