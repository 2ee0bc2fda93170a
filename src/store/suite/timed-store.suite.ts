import type { TestContext } from "node:test";
import type { Store } from "../store.ts";

/** A store whose time a test can move on. */
export interface TimedStore {
  readonly store: Store;
  /** The time of the database, in Unix milliseconds. */
  nowMs(): number;
  /** Lets time pass for all that is stored. */
  pass(ms: number): Promise<void>;
}

/** Opens a store with nothing in it, which is closed when the test ends. */
export type OpenTimed = (t: TestContext) => Promise<TimedStore>;
