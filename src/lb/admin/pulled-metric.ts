import type { Metric, Registry } from "prom-client";

export interface Sample {
  /** The metric's own name, unless it is a part of a histogram. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export interface MetricHead {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** What the values of several workers are together. */
  readonly aggregator: "sum" | "max" | "average";
}

/**
 * A metric that is asked for its values when it is read. What is counted for each request is then a plain number: the
 * library's own counters look up the labels each time, which takes longer than all else that a request is counted for.
 */
export function addPulledMetric(
  registry: Registry,
  metric: MetricHead,
  samples: () => Iterable<Sample>,
): void {
  const get = async () => ({ ...metric, values: [...samples()] });
  // What the registry asks of a metric, which its types say only of the library's own classes.
  registry.registerMetric({ ...metric, get } as unknown as Metric);
}

/** From a millisecond to ten minutes, in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600];

/** How long things took, as a histogram of the text format has it. */
export class Durations {
  /** Up to each bound, and above the last one. */
  readonly #counts = new Array<number>(BUCKETS.length + 1).fill(0);
  #sum = 0;

  add(seconds: number): void {
    let bucket = 0;
    while (seconds > (BUCKETS[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += seconds;
  }

  /** Cumulative, as the format wants them. */
  *samples(name: string, labels: Sample["labels"]): Generator<Sample> {
    let count = 0;
    for (const [i, inBucket] of this.#counts.entries()) {
      count += inBucket;
      yield { metricName: `${name}_bucket`, labels: { ...labels, le: BUCKETS[i] ?? "+Inf" }, value: count };
    }
    yield { metricName: `${name}_sum`, labels, value: this.#sum };
    yield { metricName: `${name}_count`, labels, value: count };
  }
}
