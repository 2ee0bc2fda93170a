import { FN_DEFAULTS } from "../../model/fn.ts";

/** Claimed calls that wait for a container, or whose end is not stored yet, at most: others may run what waits here. */
export const CLAIMED_IDLE_MAX = 32;

/** Calls that nobody waits for leave the rest of the memory to the others. The rule is Fn's. */
const MEMORY_SHARE_MAX = 0.8;

/** How things stand on a node, for the question whether it may claim more calls. */
export interface Load {
  /** Claimed calls that no container has. */
  readonly waiting: number;
  /** Claimed calls whose end is not stored yet. */
  readonly ending: number;
  /** Containers that cannot start until there is memory or cpu for them. */
  readonly startsWaiting: number;
  /** Reserved by containers, in MiB. */
  readonly memoryUsedMib: number;
  /** Of that: by containers without a call, which would make room. */
  readonly memoryIdleMib: number;
  readonly memoryMib: number;
}

/**
 * How many calls may be claimed now. None while a container waits for memory, or while those with a call hold four fifths of
 * it: calls that nobody waits for can run later. Else as many as would fit if each took a container of the usual size, and
 * one at least; what they really take is known once they run. How many run at a time is limited by memory alone.
 */
export function claimable(load: Load): number {
  const { waiting, ending, startsWaiting, memoryMib } = load;
  const leftMib = MEMORY_SHARE_MAX * memoryMib - (load.memoryUsedMib - load.memoryIdleMib);
  if (startsWaiting > 0 || leftMib <= 0) return 0;
  const fitting = Math.max(1, Math.floor(leftMib / FN_DEFAULTS.memoryMib));
  return Math.max(0, Math.min(fitting, CLAIMED_IDLE_MAX - ending) - waiting);
}
