import { Registry as PromRegistry } from "prom-client";
import { ERRORS } from "../../model/errors.ts";
import type { AttemptOutcome, FinishedRequest, LbObserver } from "../observer.ts";
import { addPulledMetric, Durations, type MetricHead, type Sample } from "./pulled-metric.ts";
import { isOnline, type NodeRegistry } from "./registry.ts";
import { nodesSuggested, type Spread, spreadsOf } from "./spread.ts";
import type { Traffic } from "./traffic.ts";

/** Nodes whose counts are kept, those that are gone among them; beyond that the one longest known goes. */
const NODES_MAX = 1000;

/** Functions that are told apart in a scrape: those with the most requests. */
const FNS_MAX = 500;

type Aggregator = MetricHead["aggregator"];

/** What the metrics ask for at each scrape. */
export interface MetricSources {
  readonly nodes: NodeRegistry;
  readonly traffic: Traffic;
  /** The connections to each node. */
  readonly pools: () => Iterable<PoolSize>;
  /** Connections of clients. */
  readonly connections: () => number;
  /** Those who follow the events. */
  readonly eventReaders: () => number;
}

export interface PoolSize {
  readonly node: string;
  readonly open: number;
  readonly idle: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

/** What the balancer counts and measures, in the text format of Prometheus; times are seconds. */
export class LbMetrics implements LbObserver {
  readonly #registry = new PromRegistry();
  readonly #tallies = new Map<string, Tally>();
  readonly #sources: MetricSources;

  constructor(sources: MetricSources) {
    this.#sources = sources;
    this.#addCounts();
    this.#addNodes();
    this.#addFunctions();
    const one = (aggregator: Aggregator, name: string, help: string, value: () => number) =>
      this.#gauge(aggregator, name, help, () => [{ labels: {}, value: value() }]);
    one("sum", "fnlb_connections", "Connections of clients", sources.connections);
    one("sum", "fnlb_event_readers", "Those who follow /1/lb/events", sources.eventReaders);
    one("max", "fnlb_nodes_suggested", "Nodes that would serve the last minute without waits", () => {
      const online = sources.nodes.list().filter(isOnline).length;
      return nodesSuggested(sources.traffic.totals(), online);
    });
  }

  /** Everything, as `AggregatorRegistry.aggregate` takes it from several processes. */
  json(): ReturnType<PromRegistry["getMetricsAsJSON"]> {
    return this.#registry.getMetricsAsJSON();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  retried(node: string, reason: AttemptOutcome): void {
    this.#of(node).retries[reason]++;
  }

  finished({ node = "", status = CLIENT_GONE, ms, waitNs }: FinishedRequest): void {
    const tally = this.#of(node);
    tally.codes[status] = (tally.codes[status] ?? 0) + 1;
    tally.took.add(ms / 1000);
    if (waitNs !== undefined) tally.waited.add(waitNs / 1e9);
  }

  #of(node: string): Tally {
    const known = this.#tallies.get(node);
    if (known) return known;
    if (this.#tallies.size >= NODES_MAX) {
      const [oldest = ""] = this.#tallies.keys();
      this.#tallies.delete(oldest);
    }
    const tally = new Tally();
    this.#tallies.set(node, tally);
    return tally;
  }

  #addCounts(): void {
    const add = (
      type: "counter" | "histogram",
      name: string,
      help: string,
      samples: (tally: Tally, node: string) => Iterable<Sample>,
    ) =>
      addPulledMetric(this.#registry, { name, help, type, aggregator: "sum" }, () =>
        Array.from(this.#tallies).flatMap(([node, tally]) => [...samples(tally, node)]),
      );
    const requests = "Requests by the node tried last, empty for none, and by status; 499: the client left";
    add("counter", "fnlb_requests_total", requests, function* ({ codes }, node) {
      for (const [code, value] of codes.entries()) if (value) yield { labels: { node, code }, value };
    });
    const retries = "Requests sent again, by the node that did not answer them and why";
    add("counter", "fnlb_retries_total", retries, function* (tally, node) {
      for (const [reason, value] of Object.entries(tally.retries)) {
        if (value > 0) yield { labels: { node, reason }, value };
      }
    });
    const took = "fnlb_request_duration_seconds";
    add("histogram", took, "From a request's head to the end of its answer", (tally, node) =>
      tally.took.samples(took, { node }),
    );
    const waited = "fnlb_wait_duration_seconds";
    add("histogram", waited, "What calls waited at their nodes, where these told", (tally, node) =>
      tally.waited.samples(waited, { node }),
    );
  }

  #addNodes(): void {
    const { nodes, pools } = this.#sources;
    this.#gauge("max", "fnlb_node_state", "1 for the state that a node is in", () =>
      nodes
        .list()
        .flatMap(({ name, state }) =>
          STATES.map((label) => ({ labels: { node: name, state: label }, value: label === state ? 1 : 0 })),
        ),
    );
    this.#gauge("max", "fnlb_node_weight", "The share of a node compared with others", () =>
      nodes.list().map(({ name, weight }) => ({ labels: { node: name }, value: weight })),
    );
    this.#gauge("sum", "fnlb_node_outstanding", "Requests that a node has", () =>
      nodes.list().map(({ name }) => ({ labels: { node: name }, value: nodes.outstandingOf(name) })),
    );
    this.#gauge("sum", "fnlb_node_connections", "Connections to a node", () =>
      [...pools()].flatMap(({ node, open, idle }) => [
        { labels: { node, state: "idle" }, value: idle },
        { labels: { node, state: "busy" }, value: open - idle },
      ]),
    );
    this.#gauge("sum", "fnlb_node_connections_wanted", "Requests that wait for a connection to a node", () =>
      [...pools()].map(({ node, waiting }) => ({ labels: { node }, value: waiting })),
    );
  }

  #addFunctions(): void {
    for (const [aggregator, name, help, value] of OF_FUNCTIONS) {
      this.#gauge(aggregator, `fnlb_function_${name}`, `${help}, in the last minute`, () =>
        this.#spreads().map((spread) => ({ labels: { fn: spread.fn }, value: value(spread) })),
      );
    }
  }

  #spreads(): Spread[] {
    const spreads = spreadsOf(this.#sources.traffic.totals());
    return spreads.sort((a, b) => b.requestsPerS - a.requestsPerS).slice(0, FNS_MAX);
  }

  #gauge(aggregator: Aggregator, name: string, help: string, samples: () => Iterable<Sample>): void {
    addPulledMetric(this.#registry, { name, help, type: "gauge", aggregator }, samples);
  }
}

/** The status of a request whose client left. */
const CLIENT_GONE = ERRORS.client_gone.status;

const STATES = ["unknown", "healthy", "unhealthy", "draining"] as const;

const OF_FUNCTIONS: readonly (readonly [
  Aggregator,
  name: string,
  help: string,
  (spread: Spread) => number,
])[] = [
  ["max", "nodes", "Nodes that have answered a function's requests", ({ width }) => width],
  ["average", "overflow_ratio", "Its requests outside of the node that has most", ({ overflow }) => overflow],
  ["sum", "requests_per_second", "Its requests", ({ requestsPerS }) => requestsPerS],
  ["average", "wait_seconds", "Their mean wait", ({ waitS }) => waitS],
  ["average", "saturation_ratio", "The share of their time that they waited", ({ saturation }) => saturation],
];

/** What is counted of one node. */
class Tally {
  /** Requests by status. */
  readonly codes = new Uint32Array(600);
  readonly retries: Record<AttemptOutcome, number> = {
    answered: 0,
    unreachable: 0,
    broken: 0,
    late: 0,
    cut: 0,
    cancelled: 0,
  };
  readonly took = new Durations();
  readonly waited = new Durations();
}
