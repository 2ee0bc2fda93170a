const MULTIPLIER = 2862933555777941757n;

/**
 * Jump consistent hash (Lamping and Veach, arXiv:1406.2294): the bucket, 0 to `buckets` - 1, of a 64-bit hash.
 * When a bucket is added at the end, only the keys that move into it change theirs.
 *
 * This is the published form. The balancer of Fn divided in integers and added the 1 outside of the division,
 * which never gives bucket 1 a key of its own.
 */
export function jumpHash(hash: bigint, buckets: number): number {
  if (!(buckets >= 1)) throw new RangeError(`a jump hash needs at least one bucket, not ${buckets}`);
  let state = hash;
  let bucket = 0;
  let next = 0;
  while (next < buckets) {
    bucket = next;
    state = BigInt.asUintN(64, state * MULTIPLIER + 1n);
    next = Math.floor((bucket + 1) * (2 ** 31 / (Number(state >> 33n) + 1)));
  }
  return bucket;
}
