import type { CallStatus } from "../model/call.ts";

/** Told what happens in an agent, as it happens: for metrics. Its methods must be quick and must not throw. */
export interface AgentObserver {
  /** A call was taken on. */
  callSubmitted(fn: FnName): void;
  /** A container has it, after it waited this long. */
  callStarted(fn: FnName, waitMs: number): void;
  /** It is over; `runMs` is undefined when no container ever had it. */
  callEnded(fn: FnName, status: CallStatus, runMs: number | undefined): void;
  /** A container can take calls, so long after its start was begun. */
  containerStarted(startMs: number): void;
  /** A container that was begun never came to take calls. */
  containerFailed(): void;
}

/** What a function goes by in metrics. */
export interface FnName {
  readonly appName: string;
  readonly path: string;
}

/** How things stand in an agent at one moment. */
export interface AgentState {
  /** Calls that wait for a container. */
  readonly waiting: number;
  readonly containers: { readonly starting: number; readonly idle: number; readonly busy: number };
  /** Reserved by containers, in MiB. */
  readonly memoryUsedMib: number;
  readonly memoryMib: number;
  /** Containers that may be starting at a time: what the machine turned out to start soonest. */
  readonly startsMax: number;
  /** Records of calls that were dropped because the store did not keep up. */
  readonly recordsDropped: number;
}
