import { Pool } from "undici";
import { type Latency, latencyOf } from "../src/harness/percentiles.ts";
import type { Sample } from "./bench.ts";

/** How many calls, and to whom: so many callers, each of whom calls again as soon as it has its answer. */
export interface Load {
  readonly url: string;
  readonly callers: number;
  /** Callers begin no call after so long. */
  readonly seconds?: number;
  /** Callers begin no more calls than this, each. */
  readonly callsEach?: number;
}

/** What came of it. */
export interface LoadResult extends Sample {
  /** From the first call to the last answer. */
  readonly elapsedMs: number;
  /** The answers, each text once. */
  readonly answers: ReadonlySet<string>;
}

/** Offers a load. Throws when a call has another answer than 200. */
export async function offerLoad({ url, callers, ...until }: Load): Promise<LoadResult> {
  const { seconds = Number.POSITIVE_INFINITY, callsEach = Number.POSITIVE_INFINITY } = until;
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, { connections: callers, pipelining: 1 });
  const answers = new Set<string>();
  const durationsMs: number[] = [];
  const startMs = performance.now();

  const caller = async (): Promise<void> => {
    for (let calls = 0; calls < callsEach && performance.now() - startMs < 1000 * seconds; calls++) {
      const beginMs = performance.now();
      const { statusCode, body } = await pool.request({ method: "GET", path: pathname + search });
      const text = await body.text();
      durationsMs.push(performance.now() - beginMs);
      if (statusCode !== 200) throw new Error(`a call was answered with ${statusCode}: ${text}`);
      answers.add(text);
    }
  };
  try {
    await Promise.all(Array.from({ length: callers }, caller));
    const elapsedMs = performance.now() - startMs;
    const { p50, p99 } = percentilesOf(durationsMs);
    return { rate: (1000 * durationsMs.length) / elapsedMs, p50, p99, elapsedMs, answers };
  } finally {
    await pool.destroy();
  }
}

function percentilesOf(durationsMs: readonly number[]): Latency {
  const latency = latencyOf(durationsMs);
  if (latency) return latency;
  throw new Error("no call was made");
}
