import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { AgentObserver, AgentState, FnName } from "../agent/observer.ts";
import type { CallStatus } from "../model/call.ts";

/** Functions that are told apart, at most; the rest share one pair of labels, so that a scrape stays small. */
const FNS_MAX = 2000;
const OTHERS: FnName = { appName: "other", path: "other" };

/** Starts, calls, and what an engine is asked for take from a millisecond to minutes. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

const FN_LABELS = ["fn_appname", "fn_path"] as const;

/**
 * What a node counts and measures, in the text format of Prometheus. The `fn_` names are those of Fn in January 2018;
 * times are seconds and sizes bytes.
 */
export class Metrics implements AgentObserver {
  readonly #registry = new Registry();
  readonly #fns = new Map<string, FnMetrics>();
  readonly #calls = this.#counter("fn_calls", "Calls taken on");
  readonly #completed = this.#counter("fn_completed", "Calls that ended well");
  readonly #failed = this.#counter("fn_failed", "Calls that ended badly");
  readonly #timeouts = this.#counter("fn_timeouts", "Calls that ended at their deadline");
  readonly #errors = this.#counter("fn_errors", "Calls that ended badly for another reason");
  readonly #queued = this.#gauge("fn_queued", "Calls that wait for a container");
  readonly #running = this.#gauge("fn_running", "Calls that a container has");
  readonly #waitSeconds = this.#histogram(
    "fn_wait_duration_seconds",
    "From a call's request to its container",
  );
  readonly #runSeconds = this.#histogram("fn_run_duration_seconds", "From a call's container to its end");
  readonly #startSeconds = this.#histogram(
    "fn_container_start_duration_seconds",
    "Until a container takes calls",
  );
  readonly #startsFailed = new Counter({
    name: "fn_container_starts_failed",
    help: "Containers that were begun and never took a call",
    registers: [this.#registry],
  });

  readonly #engineSeconds = new Histogram({
    name: "fn_engine_call_seconds",
    help: "Calls to the container engine, by what was asked and how it ended",
    labelNames: ["operation", "outcome"],
    buckets: SECONDS,
    registers: [this.#registry],
  });

  /** `stateOf` is asked at each scrape. */
  constructor(stateOf: () => AgentState) {
    const registers = [this.#registry];
    new Gauge({
      name: "fn_containers",
      help: "Containers by state",
      labelNames: ["state"],
      registers,
      collect() {
        for (const [state, count] of Object.entries(stateOf().containers)) this.set({ state }, count);
      },
    });
    const memory: readonly (readonly [name: string, help: string, bytes: (state: AgentState) => number])[] = [
      ["fn_memory_used_bytes", "Memory reserved by containers", (state) => state.memoryUsedMib * MIB],
      ["fn_memory_free_bytes", "Memory left for containers", (state) => freeMib(state) * MIB],
    ];
    for (const [name, help, bytes] of memory) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(bytes(stateOf()));
        },
      });
    }
    new Gauge({
      name: "fn_container_starts_max",
      help: "Containers that may start at a time",
      registers,
      collect() {
        this.set(stateOf().startsMax);
      },
    });
    new Gauge({
      name: "fn_records_dropped",
      help: "Records of calls that the store was too slow for",
      registers,
      collect() {
        this.set(stateOf().recordsDropped);
      },
    });
  }

  /** Everything, as text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  callSubmitted(fn: FnName): void {
    const { calls, queued } = this.#of(fn);
    calls.inc();
    queued.inc();
  }

  callStarted(fn: FnName, waitMs: number): void {
    const { queued, running } = this.#of(fn);
    queued.dec();
    running.inc();
    this.#waitSeconds.observe(waitMs / 1000);
  }

  callEnded(fn: FnName, status: CallStatus, runMs: number | undefined): void {
    const { queued, running, ended } = this.#of(fn);
    if (runMs === undefined) queued.dec();
    else {
      running.dec();
      this.#runSeconds.observe(runMs / 1000);
    }
    for (const counter of ended[status]) counter.inc();
  }

  containerStarted(startMs: number): void {
    this.#startSeconds.observe(startMs / 1000);
  }

  containerFailed(): void {
    this.#startsFailed.inc();
  }

  /** A call to the container engine is over. Of each label there are few values: it is the driver that says them. */
  engineCall(operation: string, ms: number, outcome: string): void {
    this.#engineSeconds.observe({ operation, outcome }, ms / 1000);
  }

  /** The counters of one function; found once, since calls ask for them. */
  #of(fn: FnName): FnMetrics {
    const key = `${fn.appName} ${fn.path}`;
    const known = this.#fns.get(key);
    if (known) return known;
    if (this.#fns.size >= FNS_MAX && fn !== OTHERS) return this.#of(OTHERS);
    const labels = { fn_appname: fn.appName, fn_path: fn.path };
    const failed = this.#failed.labels(labels);
    const metrics: FnMetrics = {
      calls: this.#calls.labels(labels),
      queued: this.#queued.labels(labels),
      running: this.#running.labels(labels),
      ended: {
        success: [this.#completed.labels(labels)],
        timeout: [failed, this.#timeouts.labels(labels)],
        error: [failed, this.#errors.labels(labels)],
      },
    };
    // From the first call on each series is there: a rate needs its zero.
    for (const counter of [metrics.calls, ...Object.values(metrics.ended).flat()]) counter.inc(0);
    this.#fns.set(key, metrics);
    return metrics;
  }

  #counter(name: string, help: string): Counter<(typeof FN_LABELS)[number]> {
    return new Counter({ name, help, labelNames: FN_LABELS, registers: [this.#registry] });
  }

  #gauge(name: string, help: string): Gauge<(typeof FN_LABELS)[number]> {
    return new Gauge({ name, help, labelNames: FN_LABELS, registers: [this.#registry] });
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name, help, buckets: SECONDS, registers: [this.#registry] });
  }
}

interface FnMetrics {
  readonly calls: Counter.Internal;
  readonly queued: Gauge.Internal<(typeof FN_LABELS)[number]>;
  readonly running: Gauge.Internal<(typeof FN_LABELS)[number]>;
  readonly ended: Readonly<Record<CallStatus, readonly Counter.Internal[]>>;
}

const MIB = 1024 * 1024;

function freeMib({ memoryMib, memoryUsedMib }: AgentState): number {
  return Math.max(0, memoryMib - memoryUsedMib);
}
