import type { Clock, Timer } from "../clock/clock.ts";

/** What the machine says about its memory, in MiB. */
export interface MemoryReading {
  /** What processes could have without swapping; what our containers use is not in it. */
  readonly availableMib: number;
  /** What the processes of this node may have in all; infinite when there is no limit. */
  readonly limitMib: number;
}

/** Kept for the server, the runtime and the system: a tenth, within these bounds. The rule is Fn's. */
const HEADROOM_SHARE = 0.1;
const HEADROOM_MIN_MIB = 256;
const HEADROOM_MAX_MIB = 5 * 1024;

/**
 * What there would be without our containers: of that they may have a part. A reading tells it only within bounds.
 * They use at least nothing, and at most what is reserved for them; so there would be at least what is available now,
 * and at most that and all they have reserved. What was known before is moved no further than it takes to lie within:
 * memory that they may have taken themselves is not counted as lost.
 */
export function memoryWithoutContainersMib(
  beforeMib: number,
  { availableMib }: MemoryReading,
  reservedMib: number,
): number {
  return Math.min(Math.max(beforeMib, availableMib), availableMib + reservedMib);
}

/** Memory that containers may have in all; 0 when there is less than the headroom. */
export function memoryCapacityMib(withoutContainersMib: number, { limitMib }: MemoryReading): number {
  const usableMib = Math.min(withoutContainersMib, limitMib);
  const headroomMib = Math.min(Math.max(HEADROOM_SHARE * usableMib, HEADROOM_MIN_MIB), HEADROOM_MAX_MIB);
  return Math.max(0, Math.floor(usableMib - headroomMib));
}

/** How often the machine is asked: soon enough that little was started since, and no load. */
export const MEMORY_REFRESH_MS = 5000;

/** Follows the machine: other programs take memory and give it back, and limits are changed. */
export class MemoryWatch {
  readonly #options: MemoryWatchOptions;
  #withoutContainersMib: number;
  #timer: Timer | undefined;

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
    this.#withoutContainersMib = options.read().availableMib;
    this.#refreshLater();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #refreshLater(): void {
    this.#timer = this.#options.clock.after(MEMORY_REFRESH_MS, () => {
      this.#refresh();
      this.#refreshLater();
    });
  }

  #refresh(): void {
    const { read, reservedMib, onCapacity } = this.#options;
    const reading = read();
    this.#withoutContainersMib = memoryWithoutContainersMib(
      this.#withoutContainersMib,
      reading,
      reservedMib(),
    );
    onCapacity(memoryCapacityMib(this.#withoutContainersMib, reading));
  }
}

export interface MemoryWatchOptions {
  readonly clock: Clock;
  readonly read: () => MemoryReading;
  /** What containers have reserved now. */
  readonly reservedMib: () => number;
  readonly onCapacity: (capacityMib: number) => void;
}
