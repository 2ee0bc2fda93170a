/** How much to work. */
export interface Work {
  /** Primes below this are looked for; one byte of memory each. */
  readonly max: number;
  /** How often. */
  readonly loops: number;
}

export const WORK_DEFAULT: Work = { max: 1_000_000, loops: 1 };

/** Most that is accepted: ten million bytes fit the 128 MiB of the function beside Node itself. */
export const WORK_LIMITS: Work = { max: 10_000_000, loops: 1000 };

/**
 * Reads `max` and `loops` from the query of a request's URL, the defaults where one is missing; of several of the
 * same name the last one counts. A number that is none, or out of range, is a problem, told as a sentence.
 */
export function readQuery(requestUrl: string | null): Work | { readonly problem: string } {
  const query = URL.parse(requestUrl ?? "")?.searchParams ?? new URLSearchParams();
  const work = { ...WORK_DEFAULT };
  for (const name of ["max", "loops"] as const) {
    const text = query.getAll(name).at(-1);
    if (text === undefined) continue;
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < 1 || number > WORK_LIMITS[name]) {
      return { problem: `${name} must be a whole number from 1 to ${WORK_LIMITS[name]}` };
    }
    work[name] = number;
  }
  return work;
}

/** How many primes there are below `max`, by the sieve of Eratosthenes. */
export function countPrimes(max: number): number {
  const isComposite = new Uint8Array(max);
  let count = 0;
  for (let number = 2; number < max; number++) {
    if (isComposite[number]) continue;
    count++;
    // Smaller multiples were struck out by their smaller factors.
    for (let multiple = number * number; multiple < max; multiple += number) isComposite[multiple] = 1;
  }
  return count;
}
