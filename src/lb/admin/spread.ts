import { SECONDS_KEPT, type TrafficTotal } from "./traffic.ts";

/** How one function is spread over the nodes, from the traffic of the last minute. */
export interface Spread {
  readonly fn: string;
  /** Nodes that have answered its requests. */
  readonly width: number;
  /** The share of its requests that another node answered than the one which answered most: 0 for a function at home. */
  readonly overflow: number;
  readonly requestsPerS: number;
  /** The mean wait of its requests, in seconds. */
  readonly waitS: number;
  /** The share of their time that its requests have waited: 1 would be all of it. */
  readonly saturation: number;
}

/** Waiting below this share is chance and cold starts, and no reason for another node. */
const SATURATION_MIN = 0.05;

/** Nobody adds more at a time, and the figures of an overload that stands say no more than that. */
const GROWTH_MAX = 10;

export function spreadsOf(totals: readonly TrafficTotal[]): Spread[] {
  const byFn = Map.groupBy(totals.filter(hasNode), ({ func }) => func);
  return Array.from(byFn, ([fn, ofFn]) => {
    const all = sumOf(ofFn);
    const most = Math.max(...ofFn.map(({ requests }) => requests));
    return {
      fn,
      width: ofFn.length,
      overflow: 1 - most / all.requests,
      requestsPerS: all.requests / SECONDS_KEPT,
      waitS: all.waited / all.requests,
      saturation: saturationOf(all),
    };
  });
}

/**
 * How many nodes would serve this traffic without waits, if each served what it does now: requests that wait are as many
 * as the nodes that are missing could have. Never below the nodes there are, since figures of the balancer cannot tell how
 * much of a node is idle.
 */
export function nodesSuggested(totals: readonly TrafficTotal[], online: number): number {
  if (online === 0) return totals.length > 0 ? 1 : 0;
  const saturation = saturationOf(sumOf(totals.filter(hasNode)));
  if (saturation < SATURATION_MIN) return online;
  return Math.ceil(online * Math.min(1 / (1 - saturation), GROWTH_MAX));
}

function hasNode({ node }: TrafficTotal): boolean {
  return node !== "";
}

function sumOf(totals: readonly TrafficTotal[]) {
  const sum = { requests: 0, waited: 0, took: 0 };
  for (const { requests, waited, took } of totals) {
    sum.requests += requests;
    sum.waited += waited;
    sum.took += took;
  }
  return sum;
}

/** A node may tell a wait that is longer than the request took here; that is all of it then. */
function saturationOf({ waited, took }: { readonly waited: number; readonly took: number }): number {
  return took === 0 ? 0 : Math.min(waited / took, 1);
}
