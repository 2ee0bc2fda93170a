import type { CancelSignal } from "./cancel.ts";
/** The promise's outcome, unless the signal is aborted first: then its reason. The promise itself goes on. */
export async function orAborted<T>(promise: Promise<T>, signal: CancelSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
