import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Hands out ids for calls, containers, apps and the rest. */
export interface Ids {
  /** 26 characters of Crockford base32; as strings they sort by the millisecond they were made in. */
  next(): string;
}

/**
 * 128 bits: 48 of Unix milliseconds, 48 that tell this process from others, and a counter of 32, the layout of
 * Fn's v2. Within a process ids rise strictly, as long as fewer than 2^32 are made in a millisecond.
 */
export function createIds(clock: Clock, random: Random): Ids {
  const process = Math.floor(random.next() * 2 ** 48);
  // 128 bits are more than a number holds, and every call needs an id: the text is put together from three parts,
  // the last of which carries the counter and the lowest three bits of the process.
  const processText = base32(Math.floor(process / 8), 9);
  const processRest = (process % 8) * 2 ** 32;
  let counter = Math.floor(random.next() * 2 ** 31);
  let lastMs = 0;
  let lastMsText = base32(0, 10);
  return {
    next() {
      // A wall clock that steps back must not make a later id sort before an earlier one.
      const nowMs = Math.max(lastMs, clock.nowMs());
      if (nowMs !== lastMs) lastMsText = base32(nowMs, 10);
      lastMs = nowMs;
      counter = (counter + 1) >>> 0;
      return lastMsText + processText + base32(processRest + counter, 7);
    },
  };
}

/**
 * What the ids of a millisecond begin with: all that were made before it sort before this, and all others after it. Times
 * that no id can have count as the nearest that one can.
 */
export function idStartAt(atMs: number): string {
  return base32(Math.min(Math.max(Math.floor(atMs), 0), 2 ** 48 - 1), 10);
}

/** A whole number below 2^53 in so many characters of five bits. */
function base32(value: number, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) {
    text = CROCKFORD.charAt(rest % 32) + text;
  }
  return text;
}
