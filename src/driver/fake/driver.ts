import { type Clock, sleep } from "../../clock/clock.ts";
import { FnError } from "../../model/errors.ts";
import type { Container, ContainerSpec, Driver, ImageInfo } from "../driver.ts";
import { FakeContainer, type FakeProcess, type FakeStep } from "./container.ts";

export type { FakeProcess, FakeStep } from "./container.ts";

/** How the containers of a fake driver behave. */
export interface FakeScript {
  readonly clock: Clock;
  /** What an image tells of itself; nothing, unless told. */
  readonly info?: (image: string) => ImageInfo;
  /**
   * Asked before each step: what it throws, the step rejects with, and a number is how many milliseconds the step
   * takes. A remove cannot fail.
   */
  readonly onStep?: (step: FakeStep, image: string) => number | undefined;
  /** As the containers tell it; 0, unless told. */
  readonly logDelayMs?: number;
  /** Plays the function of a container that has started; without it, containers sit there until they are removed. */
  readonly onStart?: (process: FakeProcess) => void;
}

/** A driver in memory, and what a test may ask of it. */
export interface FakeDriver extends Driver {
  readonly counts: FakeCounts;
}

export interface FakeCounts {
  /** Containers made and not yet removed. */
  readonly alive: number;
  /** Of those: started, not ended and not paused. */
  readonly running: number;
  readonly paused: number;
  /** Every start there ever was. */
  readonly started: number;
}

/** A container runtime in memory, in which a script plays the functions. It knows the channel `stdio` only. */
export function createFakeDriver(script: FakeScript): FakeDriver {
  const { clock, info, onStep, onStart, logDelayMs = 0 } = script;
  const containers = new Set<FakeContainer>();
  let started = 0;
  let closing: Promise<void> | undefined;

  async function before(step: FakeStep, image: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const delayMs = onStep?.(step, image);
    if (delayMs !== undefined) await sleep(clock, delayMs, signal);
  }

  function stateCount(state: FakeContainer["state"]): number {
    return [...containers].filter((container) => container.state === state).length;
  }

  return {
    name: "fake",

    get counts() {
      const [running, paused] = [stateCount("running"), stateCount("paused")];
      return { alive: containers.size, running, paused, started };
    },

    async prepare(image: string, signal: AbortSignal): Promise<ImageInfo> {
      await before("prepare", image, signal);
      return info?.(image) ?? {};
    },

    async create(spec: ContainerSpec, signal: AbortSignal): Promise<Container> {
      await before("create", spec.image, signal);
      if (closing) throw new FnError("server_stopping");
      if (spec.channel === "socket") {
        throw new FnError("container_start_failed", {}, { hint: "the fake driver has no sockets" });
      }
      const container: FakeContainer = new FakeContainer(spec, {
        before: (step, stepSignal) => before(step, spec.image, stepSignal),
        onStart(process) {
          started++;
          onStart?.(process);
        },
        onRemove: () => containers.delete(container),
        logDelayMs,
      });
      containers.add(container);
      return container;
    },

    close() {
      closing ??= Promise.all([...containers].map((container) => container.remove())).then(() => {});
      return closing;
    },
  };
}
