import type { Clock } from "../../clock/clock.ts";

/** How far back the figures go. */
const SECONDS_KEPT = 60;

/** Callers choose the paths, so each second names at most so many pairs of node and function; the rest is left out. */
const SERIES_PER_SECOND_MAX = 1000;

/** What is shown of a longer path is its beginning. */
const FUNC_LENGTH_MAX = 256;

/** The answers of one node for one function within one second. */
export interface StatsPoint {
  /** The second, in RFC 3339. */
  readonly timestamp: string;
  /** Answers in this second. */
  readonly tp: number;
  readonly node: string;
  readonly func: string;
  /** The mean wait in seconds of those that told theirs; 0 when none did. */
  readonly wait: number;
}

interface Series {
  readonly node: string;
  readonly func: string;
  answers: number;
  waits: number;
  waitNs: number;
}

interface Second {
  /** Unix seconds. */
  readonly at: number;
  readonly series: Map<string, Series>;
}

/** The figures of the last minute, per second, node and function. Reading takes nothing away. */
export class Stats {
  readonly #clock: Clock;
  /** A ring: second `at` has place `at % SECONDS_KEPT`, where a newer one takes its room. */
  readonly #ring = new Map<number, Second>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one answer; `waitNs` is undefined when it did not tell its wait. */
  add(node: string, key: string, waitNs: number | undefined): void {
    const series = this.#seriesOf(node, key.slice(0, FUNC_LENGTH_MAX));
    if (series === undefined) return;
    series.answers++;
    if (waitNs === undefined) return;
    series.waits++;
    series.waitNs += waitNs;
  }

  /** All points of the last minute, the current second among them, in the order of time. */
  points(): StatsPoint[] {
    const now = this.#now();
    return [...this.#ring.values()]
      .filter((second) => second.at > now - SECONDS_KEPT && second.at <= now)
      .sort((a, b) => a.at - b.at)
      .flatMap((second) => [...second.series.values()].map((series) => toPoint(second.at, series)));
  }

  #seriesOf(node: string, func: string): Series | undefined {
    const { series } = this.#second();
    const name = `${node} ${func}`;
    const known = series.get(name);
    if (known !== undefined || series.size >= SERIES_PER_SECOND_MAX) return known;
    const added = { node, func, answers: 0, waits: 0, waitNs: 0 };
    series.set(name, added);
    return added;
  }

  #second(): Second {
    const at = this.#now();
    const place = at % SECONDS_KEPT;
    const known = this.#ring.get(place);
    if (known?.at === at) return known;
    const added = { at, series: new Map<string, Series>() };
    this.#ring.set(place, added);
    return added;
  }

  #now(): number {
    return Math.floor(this.#clock.nowMs() / 1000);
  }
}

function toPoint(at: number, series: Series): StatsPoint {
  return {
    timestamp: new Date(at * 1000).toISOString(),
    tp: series.answers,
    node: series.node,
    func: series.func,
    wait: series.waits === 0 ? 0 : series.waitNs / series.waits / 1e9,
  };
}
