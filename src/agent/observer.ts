import type { CallOutcome } from "../model/call.ts";

/** Told what happens in an agent, as it happens: for metrics. Its methods must be quick and must not throw. */
export interface AgentObserver {
  /** A call was taken on. */
  callSubmitted(fn: FnName): void;
  /** A container has it, after it waited this long. */
  callStarted(fn: FnName, waitMs: number): void;
  /** It is over; `runMs` is undefined when no container ever had it. */
  callEnded(fn: FnName, status: CallOutcome, runMs: number | undefined): void;
  /** A container can take calls, so long after its start was begun. */
  containerStarted(startMs: number): void;
  /** A container that was begun never came to take calls. */
  containerFailed(): void;
}

/** Told what happens to calls that nobody waits for, as it happens. Its methods must be quick and must not throw. */
export interface AsyncObserver {
  /** So many were claimed from the queue. */
  asyncClaimed(count: number): void;
  /** One ended; dead ones wait for somebody to have them run again. */
  asyncEnded(isDead: boolean): void;
  /** One went back into the queue: it failed and is tried again, it could not be run here, or the node goes down. */
  asyncPutBack(reason: PutBackReason): void;
  /** One was cancelled, or taken by another node, while this one had it. */
  asyncLost(): void;
}

export type PutBackReason = "failed" | "refused" | "stopping";

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
  /** Of what is reserved: by containers without a call, which make room when somebody needs it. */
  readonly memoryIdleMib: number;
  /** Containers that cannot start until there is memory or cpu for them. */
  readonly startsWaiting: number;
  /** Containers that may be starting at a time: what the machine turned out to start soonest. */
  readonly startsMax: number;
  /** Records of calls that were dropped because the store did not keep up. */
  readonly recordsDropped: number;
}
