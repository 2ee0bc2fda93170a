import type { Bench, Sample, Stage } from "./bench.ts";
import { offerLoad } from "./load.ts";
import { type Comparison, compare, inTurns, median } from "./rounds.ts";
import { type BenchNode, startFunction, startNode, startRelay } from "./start.ts";
import { callStraight } from "./straight.ts";
import { requireWrk, runWrk } from "./wrk.ts";

/** One caller shows latency, many show what a core can do. */
const CONNECTIONS = [1, 8, 32] as const;
/** What the numbers without more words are for. */
const CONNECTIONS_MAIN = 32;

/** What a node adds to a call: a hot function through a node, and the same function through a bare relay. */
export const nodeHot: Bench = {
  summary: "a hot http-stream function through a node, against a bare relay on its socket",

  async run(stage) {
    requireWrk();
    const { programs, isTiny, say } = stage;
    const node = await startNode(programs);
    const nodeUrl = await node.createRoute("/echo", "echo");
    const socketPath = await startFunction(programs, "echo");
    const relayUrl = await startRelay(programs, socketPath);
    const sides: Sides = { node, nodeUrl, relayUrl };

    if (!isTiny) await compareAt(CONNECTIONS_MAIN, { ...stage, rounds: 1 }, sides);

    say(
      row(["connections", "node req/s", "relay req/s", "ratio", "node p50 ms", "p99", "relay p50 ms", "p99"]),
    );
    const comparisons = new Map<number, Comparison>();
    for (const connections of isTiny ? [CONNECTIONS_MAIN] : CONNECTIONS) {
      const comparison = await compareAt(connections, stage, sides);
      comparisons.set(connections, comparison);
      say(row([String(connections), ...cells(comparison)]));
    }
    const straight = await straightRate(socketPath, stage);
    say(`straight on the socket, one connection: ${straight.toFixed(0)} req/s`);

    const { recordsDropped } = node;
    if (recordsDropped > 0) say(`the node dropped ${recordsDropped} records of calls`);

    const connections = Object.fromEntries([...comparisons].map(([count, each]) => [count, summaryOf(each)]));
    const main = comparisons.get(CONNECTIONS_MAIN);
    if (!main) throw new Error(`not measured at ${CONNECTIONS_MAIN} connections`);
    return { ...summaryOf(main), straight, recordsDropped, connections };
  },
};

interface Sides {
  readonly node: BenchNode;
  readonly nodeUrl: string;
  readonly relayUrl: string;
}

async function compareAt(
  connections: number,
  { programs, rounds, seconds }: Stage,
  { node, nodeUrl, relayUrl }: Sides,
): Promise<Comparison> {
  const measure = (url: string): Promise<Sample> => runWrk(programs, { url, connections, seconds });
  const measureNode = async (): Promise<Sample> => {
    // wrk leaves in the middle of calls, and a node ends a container whose caller has left: make it hot again.
    await offerLoad({ url: nodeUrl, callers: 1, callsEach: 1 });
    const sample = await measure(nodeUrl);
    await node.settle();
    return sample;
  };
  return compare(await inTurns(rounds, measureNode, () => measure(relayUrl)));
}

async function straightRate(socketPath: string, { rounds, seconds }: Stage): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) rates.push(await callStraight(socketPath, seconds));
  return median(rates);
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
