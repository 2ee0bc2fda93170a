import type { TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { ErrorCode } from "../../model/errors.ts";
import type { Store } from "../store.ts";

/** Opens a store with nothing in it, which is closed when the test ends. */
export type OpenEmpty = (t: TestContext) => Promise<Store>;

/** For `assert.rejects`: an error of our table. */
export function refusal(code: ErrorCode): { name: string; code: ErrorCode } {
  return { name: "FnError", code };
}

/** Asks again and again, for what others bring about soon. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await setImmediate();
}
