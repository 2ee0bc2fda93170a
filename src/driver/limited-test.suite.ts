/** For tests: `test` of node:test with a limit, so that a container that hangs fails its own test and no other. */
import { type TestContext, type TestOptions, test as unlimited } from "node:test";

/** A busy machine takes seconds for a container; none takes this long. */
const TEST_MS_MAX = 30_000;

type Body = (t: TestContext) => void | Promise<void>;

/** A suite's own limit would be one for all of its tests together. */
export function test(name: string, ...rest: [body: Body] | [options: TestOptions, body: Body]): void {
  const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest;
  void unlimited(name, { timeout: TEST_MS_MAX, ...options }, body);
}
