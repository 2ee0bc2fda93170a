import { parseGoDuration } from "../../clock/go-duration.ts";

/** The field in which a node says how long the call waited for a slot; the balancer reads and removes it. */
export const WAIT_HEADER = "xxx-fxlb-wait";

/** No call waits longer: nodes keep even an async call for an hour at most. */
const WAIT_NS_MAX = 3600e9;

/** The wait in nanoseconds; undefined for a text that is no duration or says what cannot be. */
export function parseWait(text: string): number | undefined {
  const ns = parseGoDuration(text);
  return ns !== undefined && ns >= 0 && ns <= WAIT_NS_MAX ? ns : undefined;
}
