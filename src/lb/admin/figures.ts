import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from "prom-client";
import type { WorkerLink } from "../workers/link.ts";
import type { LbMetrics } from "./lb-metrics.ts";
import type { Traffic, TrafficPoint } from "./traffic.ts";

/** What of the traffic the workers tell each second; one that was busy for longer has missed something. */
const RECENT_S = 5;

/** What is counted, in all workers of this balancer as if they were one. A worker that does not answer is left out. */
export interface Figures {
  /** See Traffic. */
  points(from?: number): Promise<TrafficPoint[]>;
  /** All metrics, as text. */
  metricsText(): Promise<string>;
  readonly contentType: string;
}

interface FiguresOptions {
  readonly traffic: Traffic;
  readonly metrics: LbMetrics;
  readonly link: Pick<WorkerLink, "ask" | "answer">;
  /** The second that it is, in Unix seconds. */
  readonly now: () => number;
}

/** Gathers those of all workers, and gives them those of this one. */
export function gatherFigures({ traffic, metrics, link, now }: FiguresOptions): Figures {
  link.answer("traffic", () => traffic.points());
  link.answer("recent-traffic", () => traffic.points(now() - RECENT_S));
  link.answer("metrics", () => metrics.json());
  return {
    async points(from = 0) {
      const answers = await link.ask(from >= now() - RECENT_S ? "recent-traffic" : "traffic");
      // What `answer` above gives.
      const points = mergePoints(answers.map(({ answer }) => answer as TrafficPoint[]));
      const first = new Date(from * 1000).toISOString();
      return points.filter(({ timestamp }) => timestamp >= first);
    },
    async metricsText() {
      const answers = await link.ask("metrics");
      // What `answer` above gives, which the types of the function below know from an older version of it.
      const lists = answers.map(({ answer }) => answer as MetricObjectWithValues<MetricValue<string>>[]);
      return await AggregatorRegistry.aggregate(lists).metrics();
    },
    contentType: metrics.contentType,
  };
}

/**
 * One point for each second, node and function. A percentile of all cannot be told from those of parts: it is between the
 * lowest and the highest of them, and the highest is shown.
 */
export function mergePoints(lists: readonly (readonly TrafficPoint[])[]): TrafficPoint[] {
  const [only] = lists;
  if (lists.length === 1 && only) return [...only];
  const merged = new Map<string, TrafficPoint>();
  for (const point of lists.flat()) {
    const key = `${point.timestamp} ${point.node} ${point.func}`;
    const known = merged.get(key);
    merged.set(key, known ? sumOf(known, point) : point);
  }
  return [...merged.values()].sort((a, b) =>
    a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0,
  );
}

function sumOf(a: TrafficPoint, b: TrafficPoint): TrafficPoint {
  const tp = a.tp + b.tp;
  const codes = { ...a.codes };
  for (const [code, count] of Object.entries(b.codes)) codes[code] = (codes[code] ?? 0) + count;
  return {
    ...a,
    tp,
    wait: tp === 0 ? 0 : Math.round((1e9 * (a.wait * a.tp + b.wait * b.tp)) / tp) / 1e9,
    p50: Math.max(a.p50, b.p50),
    p95: Math.max(a.p95, b.p95),
    p99: Math.max(a.p99, b.p99),
    codes,
  };
}
