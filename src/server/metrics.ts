import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { PrewarmOutcome } from "../agent/agent.ts";
import type { AgentObserver, AgentState, AsyncObserver, FnName, PutBackReason } from "../agent/observer.ts";
import type { SyslogCounts } from "../agent/syslog/syslog-sink.ts";
import type { CallOutcome } from "../model/call.ts";
import { QuickHistogram } from "./quick-histogram.ts";

/** Functions that are told apart, at most; the rest share one pair of labels, so that a scrape stays small. */
const FNS_MAX = 2000;
const OTHERS: FnName = { appName: "other", path: "other" };

/** Starts, calls, and what an engine is asked for take from a millisecond to minutes. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** How things stand on a node that has no agent. */
export const NO_AGENT: AgentState = {
  waiting: 0,
  containers: { starting: 0, idle: 0, busy: 0 },
  memoryUsedMib: 0,
  memoryMib: 0,
  memoryIdleMib: 0,
  startsWaiting: 0,
  startsMax: 0,
  recordsDropped: 0,
};

/**
 * What a node counts and measures, in the text format of Prometheus. The `fn_` names are those of Fn in January 2018;
 * times are seconds and sizes bytes.
 */
export class Metrics implements AgentObserver, AsyncObserver {
  readonly #registry = new Registry();
  readonly #tallies = new Map<string, Tally>();
  /** The same by the object that calls of one route share. */
  readonly #talliesOfCalls = new WeakMap<FnName, Tally>();
  readonly #waitSeconds = this.#quickHistogram(
    "fn_wait_duration_seconds",
    "From a call's request to its container",
  );
  readonly #runSeconds = this.#quickHistogram(
    "fn_run_duration_seconds",
    "From a call's container to its end",
  );
  readonly #startSeconds = this.#quickHistogram(
    "fn_container_start_duration_seconds",
    "Until a container takes calls",
  );
  readonly #startsFailed = new Counter({
    name: "fn_container_starts_failed",
    help: "Containers that were begun and never took a call",
    registers: [this.#registry],
  });

  readonly #prewarms = new Counter({
    name: "fn_prewarms",
    help: "Functions that a balancer wanted a container of before their calls, by how that ended",
    labelNames: ["outcome"],
    registers: [this.#registry],
  });

  readonly #asyncClaimed = this.#counter("fn_async_claimed", "Queued calls that this node took");
  readonly #asyncEnded = this.#counter("fn_async_ended", "Queued calls that ended here");
  readonly #asyncDead = this.#counter("fn_async_dead", "Queued calls that ended here as dead");
  readonly #asyncLost = this.#counter(
    "fn_async_lost",
    "Queued calls that were cancelled, or went to another node, while they were here",
  );
  readonly #asyncPutBack = new Counter({
    name: "fn_async_put_back",
    help: "Queued calls that went back into the queue from here, by why",
    labelNames: ["reason"],
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
    this.#fnMetric(Counter, "fn_calls", "Calls taken on", ({ calls }) => calls);
    this.#fnMetric(Counter, "fn_completed", "Calls that ended well", ({ success }) => success);
    this.#fnMetric(Counter, "fn_failed", "Calls that ended badly", ({ timeout, error }) => timeout + error);
    this.#fnMetric(Counter, "fn_timeouts", "Calls that ended at their deadline", ({ timeout }) => timeout);
    this.#fnMetric(Counter, "fn_errors", "Calls that ended badly for another reason", ({ error }) => error);
    this.#fnMetric(Gauge, "fn_queued", "Calls that wait for a container", ({ queued }) => queued);
    this.#fnMetric(Gauge, "fn_running", "Calls that a container has", ({ running }) => running);
    new Gauge({
      name: "fn_containers",
      help: "Containers by state",
      labelNames: ["state"],
      registers,
      collect() {
        for (const [state, count] of Object.entries(stateOf().containers)) this.set({ state }, count);
      },
    });
    const gauges: readonly (readonly [name: string, help: string, read: (state: AgentState) => number])[] = [
      ["fn_memory_used_bytes", "Memory reserved by containers", (state) => state.memoryUsedMib * MIB],
      ["fn_memory_free_bytes", "Memory left for containers", (state) => freeMib(state) * MIB],
      ["fn_container_starts_max", "Containers that may start at a time", (state) => state.startsMax],
      [
        "fn_records_dropped",
        "Records of calls that the store was too slow for",
        (state) => state.recordsDropped,
      ],
    ];
    for (const [name, help, read] of gauges) this.#gauge(name, help, () => read(stateOf()));
  }

  /** Has numbers of logs told, too; they are asked for at each scrape. */
  addLogs({ followers, syslog }: LogNumbers): void {
    this.#gauge("fn_log_followers", "Answers that follow logs", followers);
    this.#gauge("fn_syslog_lines_sent", "Lines handed to syslog servers of apps", () => syslog().sent);
    this.#gauge("fn_syslog_lines_dropped", "Lines that syslog servers did not take", () => syslog().dropped);
  }

  /** Has the queue's numbers told, too; where they cannot be had in time, the last ones. */
  addQueue(counts: () => Promise<QueueCounts | undefined>): void {
    new Gauge({
      name: "fn_async_calls",
      help: "Calls that nobody waits for, of all nodes, by state",
      labelNames: ["state"],
      registers: [this.#registry],
      async collect() {
        for (const [state, count] of Object.entries((await counts()) ?? {})) this.set({ state }, count);
      },
    });
  }

  /** The counts of each function that has had a call. */
  *fnCounts(): Generator<FnCounts> {
    for (const { labels, queued, running, success, timeout, error } of this.#tallies.values()) {
      const { fn_appname: appName, fn_path: path } = labels;
      yield { appName, path, queued, running, completed: success, failed: timeout + error };
    }
  }

  /** Everything, as text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  callSubmitted(fn: FnName): void {
    const tally = this.#of(fn);
    tally.calls++;
    tally.queued++;
  }

  callStarted(fn: FnName, waitMs: number): void {
    const tally = this.#of(fn);
    tally.queued--;
    tally.running++;
    this.#waitSeconds.observe(waitMs / 1000);
  }

  callEnded(fn: FnName, status: CallOutcome, runMs: number | undefined): void {
    const tally = this.#of(fn);
    if (runMs === undefined) tally.queued--;
    else {
      tally.running--;
      this.#runSeconds.observe(runMs / 1000);
    }
    tally[status]++;
  }

  containerStarted(startMs: number): void {
    this.#startSeconds.observe(startMs / 1000);
  }

  containerFailed(): void {
    this.#startsFailed.inc();
  }

  asyncClaimed(count: number): void {
    this.#asyncClaimed.inc(count);
  }

  asyncEnded(isDead: boolean): void {
    this.#asyncEnded.inc();
    if (isDead) this.#asyncDead.inc();
  }

  asyncPutBack(reason: PutBackReason): void {
    this.#asyncPutBack.inc({ reason });
  }

  asyncLost(): void {
    this.#asyncLost.inc();
  }

  prewarmEnded(outcome: PrewarmOutcome): void {
    this.#prewarms.inc({ outcome });
  }

  /** A call to the container engine is over. Of each label there are few values: it is the driver that says them. */
  engineCall(operation: string, ms: number, outcome: string): void {
    this.#engineSeconds.observe({ operation, outcome }, ms / 1000);
  }

  #of(fn: FnName): Tally {
    let tally = this.#talliesOfCalls.get(fn);
    if (!tally) {
      tally = this.#tallyOf(fn);
      this.#talliesOfCalls.set(fn, tally);
    }
    return tally;
  }

  #tallyOf(fn: FnName): Tally {
    const key = `${fn.appName} ${fn.path}`;
    const known = this.#tallies.get(key);
    if (known) return known;
    if (this.#tallies.size >= FNS_MAX && fn !== OTHERS) return this.#tallyOf(OTHERS);
    const tally = new Tally(fn);
    this.#tallies.set(key, tally);
    return tally;
  }

  /** A number for each function that has had a call: a rate needs its zero. */
  #fnMetric(
    Kind: typeof Counter | typeof Gauge,
    name: string,
    help: string,
    countOf: (tally: Tally) => number,
  ): void {
    const tallies = this.#tallies;
    new Kind({
      name,
      help,
      labelNames: ["fn_appname", "fn_path"],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const tally of tallies.values()) this.inc(tally.labels, countOf(tally));
      },
    });
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value());
      },
    });
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.#registry] });
  }

  #quickHistogram(name: string, help: string): QuickHistogram {
    return new QuickHistogram(name, help, SECONDS, this.#registry);
  }
}

/** Calls that nobody waits for: those that wait, run, and have failed for good. */
export interface QueueCounts {
  readonly queued: number;
  readonly running: number;
  readonly dead: number;
}

/** Where the numbers of logs come from. */
export interface LogNumbers {
  readonly followers: () => number;
  readonly syslog: () => SyslogCounts;
}

/** How many calls of a function wait and run now, and have ended since the start of the node. */
export interface FnCounts extends FnName {
  readonly queued: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
}

/** What is counted of one function: plain numbers, since each call counts six times. */
class Tally {
  readonly labels: { readonly fn_appname: string; readonly fn_path: string };
  calls = 0;
  queued = 0;
  running = 0;
  success = 0;
  timeout = 0;
  error = 0;

  constructor({ appName, path }: FnName) {
    this.labels = { fn_appname: appName, fn_path: path };
  }
}

const MIB = 1024 * 1024;

function freeMib({ memoryMib, memoryUsedMib }: AgentState): number {
  return Math.max(0, memoryMib - memoryUsedMib);
}
