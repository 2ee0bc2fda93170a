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
  let counter = Math.floor(random.next() * 2 ** 31);
  let lastMs = 0;
  return {
    next() {
      // A wall clock that steps back must not make a later id sort before an earlier one.
      lastMs = Math.max(lastMs, clock.nowMs());
      counter = (counter + 1) >>> 0;
      return encode(lastMs, process, counter);
    },
  };
}

/** 128 bits as 26 characters of five bits, the first of which carries only three. */
function encode(ms: number, process: number, counter: number): string {
  let bits = (BigInt(ms) << 80n) | (BigInt(process) << 32n) | BigInt(counter);
  let text = "";
  for (let i = 0; i < 26; i++) {
    text = CROCKFORD.charAt(Number(bits & 31n)) + text;
    bits >>= 5n;
  }
  return text;
}
