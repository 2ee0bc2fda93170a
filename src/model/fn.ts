import type { Config } from "./app.ts";

/** What to run: an image and how to treat its containers. */
export interface Fn extends FnSettings {
  readonly id: string;
  readonly appId: string;
  /** Unique in its app. For a function made through /v1 it is the route's path. */
  readonly name: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface FnSettings {
  /** A Docker reference, or `dir:PATH` for a folder that the process driver runs. */
  readonly image: string;
  readonly format: FormatName;
  readonly type: FnType;
  readonly memoryMib: number;
  /** Thousandths of a cpu; 0 is unlimited. */
  readonly cpusMilli: number;
  /** How long a call may take, waiting included, in seconds. */
  readonly timeoutS: number;
  /** How long a container without a call is kept, in seconds. */
  readonly idleTimeoutS: number;
  readonly config: Config;
}

/** How a call is written to a container and its answer read back. */
export const FORMATS = ["default", "http", "json", "http-stream"] as const;
export type FormatName = (typeof FORMATS)[number];

/** How bytes get into and out of a container: its standard streams, or a unix socket it listens on. */
export type Channel = "stdio" | "socket";

/** `sync` answers the caller; `async` accepts the call and runs it later. */
export const FN_TYPES = ["sync", "async"] as const;
export type FnType = (typeof FN_TYPES)[number];

export const FN_DEFAULTS: Omit<FnSettings, "image"> = {
  format: "default",
  type: "sync",
  memoryMib: 128,
  cpusMilli: 0,
  timeoutS: 30,
  idleTimeoutS: 30,
  config: {},
};

/** Largest values that /v1 accepts; the smallest are 1. Source: section 2.2 of the API reference. */
export const FN_LIMITS = {
  timeoutSyncS: 120,
  timeoutAsyncS: 3600,
  idleTimeoutS: 3600,
  memoryMib: 8192,
  cpusMilli: 1_024_000,
} as const;
