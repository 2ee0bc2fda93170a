/** One trace, one machine, and who serves it. */
import { FakeClock } from "../../clock/fake-clock.ts";
import type { AgentOptions } from "../agent.ts";
import { AgentServer } from "./agent-server.suite.ts";
import { Machine, type MachineOptions } from "./machine.suite.ts";
import { ReadyServer } from "./ready-server.suite.ts";
import { ServerOf2018 } from "./rule-2018.suite.ts";
import { play, type Report, type Trace } from "./trace.suite.ts";

/** Plays the trace against the agent. */
export function simulate(
  trace: Trace,
  options: MachineOptions,
  agent: Partial<AgentOptions> = {},
): Promise<Report> {
  const [clock, machine] = [new FakeClock(), new Machine(options, trace.gridMs)];
  return play(trace, { clock, machine, server: new AgentServer(clock, machine, agent) });
}

/** Plays it against the rule of January 2018. */
export function simulate2018(trace: Trace, options: MachineOptions): Promise<Report> {
  const [clock, machine] = [new FakeClock(), new Machine(options, trace.gridMs)];
  return play(trace, { clock, machine, server: new ServerOf2018(clock, machine) });
}

/** Plays it against containers that are there from the beginning, so many per function. */
export function simulateReady(trace: Trace, options: MachineOptions, containers: number): Promise<Report> {
  const [clock, machine] = [new FakeClock(), new Machine(options, trace.gridMs)];
  return play(trace, { clock, machine, server: new ReadyServer(clock, machine, containers) });
}
