/** How long calls took, in milliseconds to the last byte. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Percentiles by nearest rank: each is the latency of a call that happened, namely the smallest one that so many
 * percent of the calls did not exceed. Undefined without calls.
 */
export function latencyOf(durationsMs: readonly number[]): Latency | undefined {
  const sorted = Float64Array.from(durationsMs).sort();
  const max = sorted.at(-1);
  if (max === undefined) return undefined;
  const percentile = (percent: number): number =>
    sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? max;
  return { p50: percentile(50), p95: percentile(95), p99: percentile(99), max };
}
