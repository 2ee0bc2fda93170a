import type { Random } from "../../clock/random.ts";

/** Ids that others made: of letters, digits and what usually stands between them, short enough for every log. */
const SANE = /^[A-Za-z0-9._~:+/=@-]{1,128}$/;

/** Gives requests ids that no other balancer gives: a prefix by chance for all, and a number for each. */
export class RequestIds {
  readonly #prefix: string;
  #made = 0;

  constructor(random: Random) {
    this.#prefix = letters(random) + letters(random);
  }

  /** The id that a request brought, when it is a sane one; else one is made. */
  idOf(told: string | undefined): string {
    return told !== undefined && SANE.test(told) ? told : `${this.#prefix}-${(this.#made++).toString(36)}`;
  }
}

/** 40 bits of chance, in 8 characters. */
function letters(random: Random): string {
  return Math.floor(random.next() * 2 ** 40)
    .toString(32)
    .padStart(8, "0");
}
