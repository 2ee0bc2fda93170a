import { randomBytes } from "node:crypto";

/** Chance, handed in: tests and simulations give a seed and see the same run again. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

export const systemRandom: Random = {
  // 48 random bits over 2^48: even steps, and never 1.
  next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
};

/** The same sequence for the same seed: splitmix32, good enough for tests and simulations. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      mixed ^= mixed >>> 15;
      return (mixed >>> 0) / 2 ** 32;
    },
  };
}
