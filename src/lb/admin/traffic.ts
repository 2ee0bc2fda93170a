import type { Clock } from "../../clock/clock.ts";
import { ERRORS } from "../../model/errors.ts";
import type { FinishedRequest, LbObserver } from "../observer.ts";
import { Latencies } from "./latencies.ts";

/** How far back the figures go. */
export const SECONDS_KEPT = 60;

/** Callers choose the paths, so at most so many pairs of node and function are told apart within these seconds. */
const SERIES_MAX = 500;

/** All functions of a node beyond that. */
const OTHERS = "other";

/** What is shown of a longer path is its beginning. */
const FUNC_LENGTH_MAX = 256;

/** The requests that one node answered for one function within one second. */
export interface TrafficPoint {
  /** The second, in RFC 3339. */
  readonly timestamp: string;
  /** Requests that ended in this second. */
  readonly tp: number;
  /** Empty for requests that no node could take. */
  readonly node: string;
  readonly func: string;
  /** The mean wait in seconds of those that told theirs; 0 when none did. */
  readonly wait: number;
  /** From the request's head to the end of its answer, in seconds: of half of them, of 95 and of 99 in a hundred. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Requests by status; 499 for those whose client left before it was answered. */
  readonly codes: Readonly<Record<string, number>>;
}

/** What one node did for one function in the seconds that are kept. */
export interface TrafficTotal {
  readonly node: string;
  readonly func: string;
  readonly requests: number;
  /** All waits, in seconds. */
  readonly waited: number;
  /** All times from head to end, in seconds. */
  readonly took: number;
}

/**
 * The traffic of the last minute, by second, node and function. Reading takes nothing away. A series lasts until it
 * has been silent for a minute, and is 0 in its silent seconds.
 */
export class Traffic implements LbObserver {
  readonly #clock: Clock;
  readonly #series = new Map<string, Map<string, Series>>();
  #count = 0;
  /** The second in which silent series were last looked for. */
  #sweptAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  retried(): void {}

  finished(request: FinishedRequest): void {
    const now = this.#now();
    this.#seriesOf(request.node ?? "", request.fn, now).add(now, request);
  }

  /** Points from second `from` on, in Unix seconds, to the current one, in the order of time. */
  points(from = 0): TrafficPoint[] {
    const now = this.#now();
    const first = Math.max(from, now - SECONDS_KEPT + 1);
    const all = [...this.#all()].filter(({ lastAt }) => lastAt > now - SECONDS_KEPT);
    const points: TrafficPoint[] = [];
    for (let at = first; at <= now; at++) {
      for (const series of all) {
        // The current second may yet have something.
        const point = series.pointAt(at, at === now);
        if (point) points.push(point);
      }
    }
    return points;
  }

  totals(): TrafficTotal[] {
    const now = this.#now();
    return [...this.#all()].map((series) => series.total(now)).filter(({ requests }) => requests > 0);
  }

  #all(): Iterable<Series> {
    return this.#series.values().flatMap((ofNode) => ofNode.values());
  }

  #seriesOf(node: string, key: string, now: number): Series {
    const func = key.length > FUNC_LENGTH_MAX ? key.slice(0, FUNC_LENGTH_MAX) : key;
    let ofNode = this.#series.get(node);
    const known = ofNode?.get(func);
    if (known) return known;
    if (this.#count >= SERIES_MAX) this.#sweep(now);
    // A node that is first seen when there is no room has a place for its others.
    if (this.#count >= SERIES_MAX && func !== OTHERS) return this.#seriesOf(node, OTHERS, now);
    ofNode = this.#series.get(node);
    if (!ofNode) {
      ofNode = new Map();
      this.#series.set(node, ofNode);
    }
    const series = new Series(node, func, now);
    ofNode.set(func, series);
    this.#count++;
    return series;
  }

  /** Forgets the series that were silent for as long as is kept. At most once a second. */
  #sweep(now: number): void {
    if (this.#sweptAt === now) return;
    this.#sweptAt = now;
    for (const [node, ofNode] of this.#series) {
      for (const [func, series] of ofNode) {
        if (series.lastAt > now - SECONDS_KEPT) continue;
        ofNode.delete(func);
        this.#count--;
      }
      if (ofNode.size === 0) this.#series.delete(node);
    }
  }

  #now(): number {
    return Math.floor(this.#clock.nowMs() / 1000);
  }
}

/** The status of a request whose client left. */
const CLIENT_GONE = ERRORS.client_gone.status;

class Series {
  readonly #node: string;
  readonly #func: string;
  readonly #firstAt: number;
  /** A ring: second `at` has place `at % SECONDS_KEPT`, where a newer one takes its room. */
  readonly #seconds: Second[] = [];
  /** Of the last second that has any; those of earlier seconds are summed up in their quantiles. */
  readonly #latencies = new Latencies();
  lastAt: number;

  constructor(node: string, func: string, now: number) {
    this.#node = node;
    this.#func = func;
    this.#firstAt = now;
    this.lastAt = now;
  }

  add(at: number, { ms, status = CLIENT_GONE, waitNs }: FinishedRequest): void {
    const second = this.#secondAt(at);
    second.requests++;
    second.tookMs += ms;
    this.#latencies.add(ms);
    second.count(status);
    if (waitNs === undefined) return;
    second.waits++;
    second.waitNs += waitNs;
  }

  /** Undefined before the first request, and where `isCurrent` and nothing came. */
  pointAt(at: number, isCurrent: boolean): TrafficPoint | undefined {
    if (at < this.#firstAt) return undefined;
    const second = this.#find(at);
    if (!second && isCurrent) return undefined;
    if (second && at === this.lastAt) second.sumUp(this.#latencies);
    const { requests = 0, waits = 0, waitNs = 0, quantilesMs = NONE } = second ?? {};
    const [p50 = 0, p95 = 0, p99 = 0] = quantilesMs.map((ms) => rounded(ms / 1000));
    return {
      timestamp: new Date(at * 1000).toISOString(),
      tp: requests,
      node: this.#node,
      func: this.#func,
      wait: waits === 0 ? 0 : Math.round(waitNs / waits) / 1e9,
      p50,
      p95,
      p99,
      codes: second?.codes() ?? {},
    };
  }

  total(now: number): TrafficTotal {
    let [requests, waited, took] = [0, 0, 0];
    for (const second of this.#seconds) {
      if (!second || second.at <= now - SECONDS_KEPT) continue;
      requests += second.requests;
      waited += second.waitNs / 1e9;
      took += second.tookMs / 1000;
    }
    return { node: this.#node, func: this.#func, requests, waited, took };
  }

  #find(at: number): Second | undefined {
    const second = this.#seconds[at % SECONDS_KEPT];
    return second?.at === at ? second : undefined;
  }

  #secondAt(at: number): Second {
    const known = this.#find(at);
    if (known) return known;
    this.#find(this.lastAt)?.sumUp(this.#latencies);
    this.#latencies.clear();
    const second = new Second(at);
    this.#seconds[at % SECONDS_KEPT] = second;
    this.lastAt = at;
    return second;
  }
}

class Second {
  /** In Unix seconds. */
  readonly at: number;
  requests = 0;
  tookMs = 0;
  waits = 0;
  waitNs = 0;
  quantilesMs: readonly number[] = NONE;
  /** Status and count in turn: there is one nearly always. */
  readonly #codes: number[] = [];

  constructor(at: number) {
    this.at = at;
  }

  count(status: number): void {
    let i = 0;
    while (i < this.#codes.length && this.#codes[i] !== status) i += 2;
    this.#codes[i] = status;
    this.#codes[i + 1] = (this.#codes[i + 1] ?? 0) + 1;
  }

  sumUp(latencies: Latencies): void {
    this.quantilesMs = [0.5, 0.95, 0.99].map((share) => latencies.quantileMs(share));
  }

  codes(): Record<string, number> {
    const codes: Record<string, number> = {};
    for (let i = 0; i < this.#codes.length; i += 2) codes[String(this.#codes[i])] = this.#codes[i + 1] ?? 0;
    return codes;
  }
}

const NONE: readonly number[] = [];

/** Three digits are all that is known. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
