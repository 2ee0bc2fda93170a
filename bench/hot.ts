import type { BenchResult, Sample, Stage } from "./bench.ts";
import { offerLoad } from "./load.ts";
import { type Comparison, compareInTurns } from "./rounds.ts";
import type { BenchNode } from "./start.ts";
import { runWrk } from "./wrk.ts";

/** Enough to start the containers that so many callers get, one or two at a time. */
const WARM_UP_S = 1;

/** A function that is hot on both sides. */
export interface HotSides {
  readonly node: BenchNode;
  readonly nodeUrl: string;
  readonly relayUrl: string;
}

/** What both sides gave, for each count of connections. */
export interface HotResult extends BenchResult {
  readonly relay: Sample;
  /** Records of calls that the node's store was too slow for. */
  readonly recordsDropped: number;
  readonly connections: Readonly<Record<string, unknown>>;
}

/**
 * Calls a hot function through a node and through a bare relay, by turns, with wrk. What is told without more words is
 * for the last of the counts of connections.
 */
export async function compareHot(
  stage: Stage,
  sides: HotSides,
  counts: readonly [...number[], number],
): Promise<HotResult> {
  const main = counts[counts.length - 1] ?? 0;
  // Nothing is compiled well before it has run for a while.
  if (!stage.isTiny) await compareAt(main, { ...stage, rounds: 1 }, sides);

  const { say, isTiny } = stage;
  say(
    row(["connections", "node req/s", "relay req/s", "ratio", "node p50 ms", "p99", "relay p50 ms", "p99"]),
  );
  const results: Record<string, ReturnType<typeof summaryOf>> = {};
  for (const count of isTiny ? [main] : counts) {
    const comparison = await compareAt(count, stage, sides);
    results[count] = summaryOf(comparison);
    say(row([String(count), ...cells(comparison)]));
  }
  const { recordsDropped } = sides.node;
  if (recordsDropped > 0) say(`the node dropped ${recordsDropped} records of calls`);

  const result = results[main];
  if (!result) throw new Error(`not measured at ${main} connections`);
  return { ...result, recordsDropped, connections: results };
}

async function compareAt(
  connections: number,
  { programs, rounds, seconds }: Stage,
  { node, nodeUrl, relayUrl }: HotSides,
): Promise<Comparison> {
  const measure = async (url: string): Promise<Sample> => {
    // wrk leaves in the middle of calls, and a node ends a container whose caller has left: it gets hot again before
    // it is measured. The other side is called as long, so that both do as much.
    await offerLoad({ url, callers: connections, seconds: Math.min(seconds, WARM_UP_S) });
    const sample = await runWrk(programs, { url, connections, seconds });
    await node.settle();
    return sample;
  };
  return await compareInTurns(rounds, measure, nodeUrl, relayUrl);
}

function summaryOf({ node, peer, ratio }: Comparison) {
  return { ...node, ratio, relay: peer };
}

function cells({ node, peer, ratio }: Comparison): string[] {
  const latencies = [node.p50, node.p99, peer.p50, peer.p99].map((ms) => ms.toFixed(2));
  return [node.rate.toFixed(0), peer.rate.toFixed(0), ratio.toFixed(2), ...latencies];
}

function row(texts: readonly string[]): string {
  return texts.map((text) => text.padStart(12)).join(" ");
}
