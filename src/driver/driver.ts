import type { Readable, Writable } from "node:stream";
import type { Channel, FormatName } from "../model/fn.ts";

/** The seam to a container runtime. A driver knows nothing of calls. */
export interface Driver {
  readonly name: DriverName;
  /**
   * Makes the image ready to run here (a driver may pull it) and says what it tells of itself.
   * Errors: `image_not_found`, `image_invalid`, `image_unauthorized`, `image_unreachable`.
   */
  prepare(image: string, signal: AbortSignal): Promise<ImageInfo>;
  /** Makes a container that is not running yet. Errors: as `prepare`, and `container_start_failed`, and `server_stopping` after `close`. */
  create(spec: ContainerSpec, signal: AbortSignal): Promise<Container>;
  /** Removes every container of this driver and lets go of the runtime. May be called twice. */
  close(): Promise<void>;
}

export type DriverName = "process" | "docker" | "fake";

/** Settings that an image carries, for routes that leave them open. */
export interface ImageInfo {
  readonly format?: FormatName;
  readonly memoryMib?: number;
  readonly timeoutS?: number;
  readonly idleTimeoutS?: number;
}

export interface ContainerSpec {
  /** Unique; the container's name where the runtime has names. */
  readonly id: string;
  /** The same for containers of one app, which may reach each other: they share a network where the runtime has some. */
  readonly appId: string;
  readonly image: string;
  /** The whole environment, besides what the image itself and the runtime add. */
  readonly env: Readonly<Record<string, string>>;
  /** What the function sees as `HOSTNAME`: the name of the node. */
  readonly hostname: string;
  readonly memoryMib: number;
  /** Thousandths of a cpu; 0 is unlimited. */
  readonly cpusMilli: number;
  /** `socket`: the function listens on a unix socket, whose path the driver puts into `FN_LISTENER`. */
  readonly channel: Channel;
}

/** One container. After `remove` everything it held is free. */
export interface Container {
  readonly id: string;
  /** Standard input; ended at once when the channel is a socket. */
  readonly stdin: Writable;
  /** Standard output. Whoever opens a container reads it, or the function stops when the pipe is full. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** With channel `socket`: where the socket appears, as this process sees it. */
  readonly socketPath: string | undefined;
  /** Errors: `container_start_failed`. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when the container has ended, by itself or by `remove`; never rejects. */
  readonly exited: Promise<Exit>;
  /** Errors of both: `container_exited` when it has ended. Out of turn is a mistake of the caller, and a plain Error. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
  /** Ends it, if it runs, and removes it. Never rejects; may be called twice, and before `start`. */
  remove(): Promise<void>;
}

export interface Exit {
  /** Absent when a signal ended it, and when it never ran. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** The kernel ended it because it wanted more memory than it may have. */
  readonly outOfMemory: boolean;
}
