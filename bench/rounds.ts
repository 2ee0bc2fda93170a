import type { Sample } from "./bench.ts";

/** A turn of each side, one right after the other. */
export interface Round<Node, Peer = Node> {
  readonly node: Node;
  readonly peer: Peer;
}

/** Two sides by turns: A B A B. What slows the machine for a while slows both. */
export async function inTurns<Node, Peer>(
  count: number,
  node: (round: number) => Promise<Node>,
  peer: (round: number) => Promise<Peer>,
): Promise<Round<Node, Peer>[]> {
  const rounds: Round<Node, Peer>[] = [];
  for (let round = 0; round < count; round++) {
    rounds.push({ node: await node(round), peer: await peer(round) });
  }
  return rounds;
}

/** Both sides in the middle of their rounds. */
export interface Comparison extends Round<Sample> {
  /** Of the rates: the middle one of the ratios that the rounds had. */
  readonly ratio: number;
}

/** Both sides by turns, each called at its URL. */
export async function compareInTurns(
  count: number,
  measure: (url: string) => Promise<Sample>,
  nodeUrl: string,
  peerUrl: string,
): Promise<Comparison> {
  return compare(
    await inTurns(
      count,
      () => measure(nodeUrl),
      () => measure(peerUrl),
    ),
  );
}

export function compare(rounds: readonly Round<Sample>[]): Comparison {
  return {
    node: middle(rounds.map(({ node }) => node)),
    peer: middle(rounds.map(({ peer }) => peer)),
    ratio: median(rounds.map(({ node, peer }) => node.rate / peer.rate)),
  };
}

/** The median of each number. */
export function middle(samples: readonly Sample[]): Sample {
  return {
    rate: median(samples.map(({ rate }) => rate)),
    p50: median(samples.map(({ p50 }) => p50)),
    p99: median(samples.map(({ p99 }) => p99)),
  };
}

/** The middle value; of an even number of values the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const low = sorted[Math.ceil(half) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(half)] ?? Number.NaN;
  return (low + high) / 2;
}
