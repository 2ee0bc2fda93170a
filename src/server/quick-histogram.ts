import type { Metric, Registry } from "prom-client";

/**
 * A histogram that calls can afford: to observe a value is to add one to a number. The library's own looks up the labels
 * of each observation, which takes longer than all else that a call is counted for. It is told the sums when it is read.
 */
export class QuickHistogram {
  readonly #buckets: readonly number[];
  /** Observations up to each bound, and above the last one. */
  readonly #counts: number[];
  #sum = 0;

  constructor(name: string, help: string, buckets: readonly number[], registry: Registry) {
    this.#buckets = buckets;
    this.#counts = new Array(buckets.length + 1).fill(0);
    const metric = { name, help, type: "histogram", aggregator: "sum" };
    const get = async () => ({ ...metric, values: this.#values(name) });
    // What the registry asks of a metric, which its types say only of the library's own classes.
    registry.registerMetric({ ...metric, get } as unknown as Metric);
  }

  observe(value: number): void {
    let bucket = 0;
    while (value > (this.#buckets[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  /** Cumulative, as the text format wants them. */
  #values(name: string) {
    let count = 0;
    const buckets = this.#counts.map((inBucket, i) => {
      count += inBucket;
      return { metricName: `${name}_bucket`, labels: { le: this.#buckets[i] ?? "+Inf" }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: {}, value: this.#sum },
      { metricName: `${name}_count`, labels: {}, value: count },
    ];
  }
}
