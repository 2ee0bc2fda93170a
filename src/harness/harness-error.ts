/** The run cannot begin; the message says why, in one sentence. */
export class HarnessError extends Error {
  override readonly name = "HarnessError";
}
